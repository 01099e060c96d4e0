import { isIP } from 'node:net'
import { FilterParser } from 'ldapts'
import { z } from 'zod'
import { callTlsSchema } from '../../core/config/call-tls.ts'
import { isObject } from '../../core/config/merge.ts'
import type { SystemConfig } from '../../core/config/schema.ts'

/** Settings of the LDAP directory. Each key is declared once, here, with its default. */

const ms = z.number().int().positive()
/** an attribute description, RFC 4512 2.5, without options */
const attribute = z.string().regex(/^[A-Za-z][A-Za-z0-9-]{0,63}$/)
const dn = z.string().min(3).max(1000)
const filter = z.string().refine(isFilter, { error: 'LDAP 过滤条件有误（RFC 4515） / not an LDAP filter (RFC 4515)' })

const unitsSchema = z
  .strictObject({
    /** where the tree of units starts; absent: `base` */
    base: dn.optional(),
    filter: filter.default('(objectClass=organizationalUnit)'),
    name: attribute.default('ou'),
    /**
     * the unit's codes, 统一社会信用代码 (GB 32100) among them; several values are several codes. LDAP has no standard
     * attribute for it.
     */
    code: attribute.default('businessCategory'),
  })
  .prefault({})

const peopleSchema = z
  .strictObject({
    base: dn.optional(),
    filter: filter.default('(objectClass=inetOrgPerson)'),
    uid: attribute.default('uid'),
    name: attribute.default('cn'),
    mobile: attribute.default('mobile'),
    mail: attribute.default('mail'),
    title: attribute.default('title'),
    /** holds the unit's DN, code or name; a person without it belongs to the nearest unit above in the tree */
    unit: attribute.default('departmentNumber'),
  })
  .prefault({})

const rightSchema = z
  .strictObject({
    /** DNs of groups (groupOfNames, groupOfUniqueNames, posixGroup) */
    groups: z.array(dn).default([]),
    /** values of the title attribute */
    titles: z.array(z.string().min(1)).default([]),
  })
  .prefault({})

const loginSchema = z
  .strictObject({
    /** who may deploy flows */
    admin: rightSchema,
    /** who may look at them */
    read: rightSchema,
  })
  .refine((login) => [login.admin, login.read].some((right) => right.groups.length + right.titles.length > 0), {
    error: '至少配置一个组或职务 / at least one group or title is required',
  })

export const mergesSchema = z
  .array(z.strictObject({ unit: z.string().min(1), into: z.string().min(1), from: z.iso.date() }))
  .default([])

const plainSchema = z.strictObject({
  /** names the directory in errors and logs */
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .default('directory'),
  /** `ldap://host[:389]` or `ldaps://host[:636]` */
  url: z.url({ protocol: /^ldaps?$/ }),
  /** upgrade a ldap:// connection before anything else is said (RFC 4511 4.14) */
  startTls: z.boolean().default(false),
  /** the system's, for ldaps:// and startTls */
  tls: callTlsSchema.optional(),
  /** an unencrypted connection to another machine must be wanted */
  allowPlain: z.boolean().default(false),
  /** service account; its password is the secret `<id>.password`. Absent: anonymous. */
  bindDn: dn.optional(),
  /** where units and people are searched, unless they have a base of their own */
  base: dn,
  units: unitsSchema,
  people: peopleSchema,
  /**
   * the attribute that stays when everything else changes; 16 raw bytes (Active Directory's objectGUID) are read too
   */
  key: attribute.default('entryUUID'),
  /** titles that give a role; a title attribute may hold several, separated by 、，；or 兼 */
  roles: z
    .strictObject({
      head: z.array(z.string()).default(['单位负责人']),
      officeDirector: z.array(z.string()).default(['办公室主任']),
      administrator: z.array(z.string()).default(['系统专职管理员']),
    })
    .prefault({}),
  sync: z
    .strictObject({
      everyMs: ms.default(60_000),
      pageSize: z.number().int().min(1).max(5000).default(500),
      /** changes are asked for by this attribute; `off`: a full listing every time */
      changedBy: z.enum(['modifyTimestamp', 'entryCSN', 'off']).default('modifyTimestamp'),
      /**
       * asked again from so long before the newest change seen: timestamps have whole seconds, and commits overtake
       * each other
       */
      overlapMs: ms.default(5_000),
      /** a listing of keys alone, which shows what was deleted or moved with its parent */
      keysEveryMs: ms.default(600_000),
      /** everything anew, whatever the increments said */
      fullEveryMs: ms.default(24 * 3600_000),
      /** more than this share of the units, or of the people, gone at once: refused */
      maxLossShare: z.number().min(0).max(1).default(0.2),
      /** so many may go at once whatever share they are */
      freeLosses: z.number().int().min(0).default(2),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** units and people together; two snapshots of as many are compared at once */
      entries: z.number().int().positive().default(50_000),
      /** one LDAP message, such as one entry */
      messageBytes: z
        .number()
        .int()
        .positive()
        .default(1024 * 1024),
      /** all that answers one request, such as one page */
      answerBytes: z
        .number()
        .int()
        .positive()
        .default(64 * 1024 * 1024),
    })
    .prefault({}),
  /** for connecting (TLS included) and for each operation */
  timeoutMs: ms.default(15_000),
  login: loginSchema.optional(),
  /** units that merge: from that day on (Asia/Shanghai) what is addressed to `unit` goes to `into`; ids of units.tsv */
  merges: mergesSchema,
})

export const directorySchema = connected(plainSchema)

/** `settings` of a system of systems.yaml with adapter `directory`: the system's id is the directory's. */
export const directorySettings = connected(plainSchema.omit({ id: true, tls: true }))

export type DirectoryConfig = z.infer<typeof directorySchema>

/** With the rules of how it is connected to; told also where other settings are wrong. */
function connected<Schema extends z.ZodType<Pick<z.infer<typeof plainSchema>, 'url' | 'startTls' | 'allowPlain'>>>(
  schema: Schema,
): Schema {
  const when = ({ value }: z.core.ParsePayload): boolean => isObject(value) && URL.canParse(String(value['url']))
  return schema
    .refine(({ url, startTls }) => !(startTls && url.startsWith('ldaps:')), {
      path: ['startTls'],
      when,
      error: 'ldaps:// 已加密 / ldaps:// is encrypted already',
    })
    .refine(
      ({ url, startTls, allowPlain }) =>
        !url.startsWith('ldap:') || startTls || allowPlain || isLoopback(new URL(url).hostname),
      {
        path: ['url'],
        when,
        error: '须用 ldaps:// 或 startTls，或写明 allowPlain: true / use ldaps:// or startTls, or say allowPlain: true',
      },
    )
}

/** The settings of a directory system, whose configuration was checked. */
export function directoryConfigOf(system: SystemConfig): DirectoryConfig {
  return directorySchema.parse({ ...system.settings, id: system.id, tls: system.tls })
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || (isIP(host) === 4 && host.startsWith('127.'))
}

function isFilter(text: string): boolean {
  try {
    FilterParser.parseString(text)
    // The parser lets a missing bracket pass; brackets inside values are written \28 and \29.
    return text.split('(').length === text.split(')').length
  } catch {
    // Which of the parser's many complaints it was does not help: the rule names the standard.
    return false
  }
}
