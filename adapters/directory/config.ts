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
    base: dn.optional().describe('单位树从哪里开始；没有则为 base / where the tree of units starts; absent: base'),
    filter: filter
      .default('(objectClass=organizationalUnit)')
      .describe('哪些条目是单位（RFC 4515） / which entries are units (RFC 4515)'),
    name: attribute.default('ou').describe('名称的属性 / attribute of the name'),
    code: attribute
      .default('businessCategory')
      .describe(
        '代码的属性，统一社会信用代码（GB 32100）在内；几个值就是几个代码。LDAP 没有标准属性 / the unit’s codes, 统一社会信用代码 (GB 32100) among them; several values are several codes. LDAP has no standard attribute for it.',
      ),
  })
  .prefault({})

const peopleSchema = z
  .strictObject({
    base: dn.optional().describe('人员从哪里找起；没有则为 base / where people are searched; absent: base'),
    filter: filter
      .default('(objectClass=inetOrgPerson)')
      .describe('哪些条目是人员（RFC 4515） / which entries are people (RFC 4515)'),
    uid: attribute.default('uid').describe('登录名的属性 / attribute of the login'),
    name: attribute.default('cn').describe('姓名的属性 / attribute of the name'),
    mobile: attribute.default('mobile').describe('手机号的属性 / attribute of the mobile number'),
    mail: attribute.default('mail').describe('邮件地址的属性 / attribute of the mail address'),
    title: attribute.default('title').describe('职务的属性 / attribute of the title'),
    unit: attribute
      .default('departmentNumber')
      .describe(
        '所属单位的 DN、代码或名称；没有的，属于树上最近的上级单位 / holds the unit’s DN, code or name; a person without it belongs to the nearest unit above in the tree',
      ),
  })
  .prefault({})

const rightSchema = z
  .strictObject({
    groups: z
      .array(dn)
      .default([])
      .describe(
        '组的 DN（groupOfNames、groupOfUniqueNames、posixGroup） / DNs of groups (groupOfNames, groupOfUniqueNames, posixGroup)',
      ),
    titles: z.array(z.string().min(1)).default([]).describe('职务属性的值 / values of the title attribute'),
  })
  .prefault({})

const loginSchema = z
  .strictObject({
    admin: rightSchema.describe('兼看、办、管，如第一版 / as in the first release: 看, 办 and 管 together'),
    read: rightSchema.describe('看：流程与往来 / 看: may look at flows and at what passes'),
    operate: rightSchema.meta({
      description: '办：重放、丢弃、核定、确认 / 办: may replay, drop, decide, confirm',
      since: '0.2.0',
    }),
    configure: rightSchema.meta({
      description: '管：发布流程，管人员与订阅 / 管: may deploy flows, change people and subscriptions',
      since: '0.2.0',
    }),
    audit: rightSchema.meta({
      description: '审：核验审计，别的都不能 / 审: may verify the audit, and nothing of the others',
      since: '0.2.0',
    }),
  })
  .refine((login) => Object.values(login).some((right) => right.groups.length + right.titles.length > 0), {
    error: '至少配置一个组或职务 / at least one group or title is required',
  })

export const mergesSchema = z
  .array(
    z.strictObject({
      unit: z.string().min(1).describe('被并入的单位 / the unit that ends'),
      into: z.string().min(1).describe('并入哪个单位 / the unit that it merges into'),
      from: z.iso.date().describe('从哪天起 / from that day on'),
    }),
  )
  .default([])

const plainSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .default('directory')
    .describe('错误与日志中的名称 / names the directory in errors and logs'),
  url: z
    .url({ protocol: /^ldaps?$/ })
    .describe('地址：ldap://主机[:389] 或 ldaps://主机[:636] / address: ldap://host[:389] or ldaps://host[:636]'),
  startTls: z
    .boolean()
    .default(false)
    .describe(
      'ldap:// 连接先升级为 TLS（RFC 4511 4.14） / upgrade a ldap:// connection before anything else is said (RFC 4511 4.14)',
    ),
  tls: callTlsSchema
    .optional()
    .describe('系统的 tls，用于 ldaps:// 与 startTls / the system’s, for ldaps:// and startTls'),
  allowPlain: z
    .boolean()
    .default(false)
    .describe('不加密连到别的机器须写明 / an unencrypted connection to another machine must be wanted'),
  bindDn: dn
    .optional()
    .describe(
      '服务账号；口令为密钥 <id>.password。没有则匿名 / service account; its password is the secret <id>.password. Absent: anonymous.',
    ),
  base: dn.describe(
    '单位与人员从哪里找起，除非各有自己的 / where units and people are searched, unless they have a base of their own',
  ),
  units: unitsSchema.describe('怎样读单位 / how units are read'),
  people: peopleSchema.describe('怎样读人员 / how people are read'),
  key: attribute
    .default('entryUUID')
    .describe(
      '别的都变而它不变的属性；也认 16 字节的（Active Directory 的 objectGUID） / the attribute that stays when everything else changes; 16 raw bytes (Active Directory’s objectGUID) are read too',
    ),
  roles: z
    .strictObject({
      head: z.array(z.string()).default(['单位负责人']).describe('单位负责人 / heads of units'),
      officeDirector: z.array(z.string()).default(['办公室主任']).describe('办公室主任 / directors of offices'),
      administrator: z.array(z.string()).default(['系统专职管理员']).describe('系统管理员 / administrators of systems'),
    })
    .prefault({})
    .describe(
      '哪些职务有哪种角色；一个属性可写几个职务，以 、，；或“兼”分开 / titles that give a role; a title attribute may hold several, separated by 、，；or 兼',
    ),
  sync: z
    .strictObject({
      everyMs: ms.default(60_000).describe('每隔多久问变化 / changes are asked for so often'),
      pageSize: z.number().int().min(1).max(5000).default(500).describe('一页几条 / entries in one page'),
      changedBy: z
        .enum(['modifyTimestamp', 'entryCSN', 'off'])
        .default('modifyTimestamp')
        .describe(
          '凭哪个属性问变化；off 每次全列 / changes are asked for by this attribute; off: a full listing every time',
        ),
      overlapMs: ms
        .default(5_000)
        .describe(
          '从所见最新变化之前这么久问起：时间戳只到秒，提交先后不一 / asked again from so long before the newest change seen: timestamps have whole seconds, and commits overtake each other',
        ),
      keysEveryMs: ms
        .default(600_000)
        .describe(
          '只列键，看出删了什么、随上级移动了什么 / a listing of keys alone, which shows what was deleted or moved with its parent',
        ),
      fullEveryMs: ms
        .default(24 * 3600_000)
        .describe('不管增量说了什么，全部重来 / everything anew, whatever the increments said'),
      maxLossShare: z
        .number()
        .min(0)
        .max(1)
        .default(0.2)
        .describe(
          '单位或人员一次少了这么大比例的，拒绝 / more than this share of the units, or of the people, gone at once: refused',
        ),
      freeLosses: z
        .number()
        .int()
        .min(0)
        .default(2)
        .describe('不论比例，一次少这么几个可以 / so many may go at once whatever share they are'),
    })
    .prefault({})
    .describe('同步 / synchronisation'),
  limits: z
    .strictObject({
      entries: z
        .number()
        .int()
        .positive()
        .default(50_000)
        .describe(
          '单位与人员合计；两份这么大的快照要一次比较 / units and people together; two snapshots of as many are compared at once',
        ),
      messageBytes: z
        .number()
        .int()
        .positive()
        .default(1024 * 1024)
        .describe('一个 LDAP 报文，如一个条目 / one LDAP message, such as one entry'),
      answerBytes: z
        .number()
        .int()
        .positive()
        .default(64 * 1024 * 1024)
        .describe('一次请求的全部应答，如一页 / all that answers one request, such as one page'),
    })
    .prefault({})
    .describe('上限 / limits'),
  timeoutMs: ms
    .default(15_000)
    .describe('连接（含 TLS）与每次操作 / for connecting (TLS included) and for each operation'),
  login: loginSchema
    .optional()
    .describe('编辑器的登录由目录决定；没有则不由目录登录 / logins of the editor by the directory; absent: none'),
  merges: mergesSchema.describe(
    '单位合并：从那天（北京时间）起，发给 unit 的归 into；写 units.tsv 的标识 / units that merge: from that day on (Asia/Shanghai) what is addressed to unit goes to into; ids of units.tsv',
  ),
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
