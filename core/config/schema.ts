import { z } from 'zod'
import { flowBounds } from './flow-bounds.ts'
import { mayBeUnclassified, UNCLASSIFIED } from '../secrecy/class.ts'
import { callTlsSchema } from './call-tls.ts'
import { defaultListenerSchema, listenersSchema } from './listeners.ts'
import { retentionSchema } from './retention.ts'
import { syslogSchema } from './syslog.ts'
import { tlsSchema } from './tls.ts'

/**
 * The configuration: `station.yaml`, `systems.yaml`, `accounts.yaml`, `groups.yaml`, `units.tsv`, and the folders
 * `profiles/`, `codes/`, `mappings/`. Checked whole at start; errors name file, key and rule. Each key is declared
 * once, here.
 */

const ms = z.number().int().positive()
const bytes = z.number().int().positive()
const networksSchema = z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))

export const stationSchema = z.strictObject({
  /** short ASCII name, part of every id this station makes */
  name: z.string().regex(/^[a-z][a-z0-9]{0,15}$/),
  /** serves what has no listener of its own */
  http: defaultListenerSchema,
  listeners: listenersSchema,
  editor: z
    .strictObject({
      host: z.string().default('127.0.0.1'),
      port: z.number().int().min(0).max(65535).default(8631),
      enabled: z.boolean().default(true),
      tls: tlsSchema.optional(),
    })
    .prefault({}),
  bus: z
    .strictObject({
      /** `embedded` or an amqp:// or amqps:// URL (a password comes from the secrets) */ url: z
        .string()
        .default('embedded'),
      /** further nodes of a cluster, `host` or `host:port`, tried in turn with everything else that the URL says */
      hosts: z.array(z.string().min(1)).default([]),
      /** PEM file with the authorities that sign the certificate of an amqps:// broker; absent: Node's own list */
      caFile: z.string().min(1).optional(),
      /** PEM files of our own certificate and its key, for an amqps:// broker; where the URL has no user, our login */
      certFile: z.string().min(1).optional(),
      keyFile: z.string().min(1).optional(),
      confirmTimeoutMs: ms.default(10_000),
      prefix: z.string().default('yizhan.'),
      /**
       * publish every committed delivery and every outcome to `<prefix>deliveries` and `<prefix>events`; see
       * docs/feed.md
       */
      feed: z.boolean().default(true),
    })
    .prefault({}),
  limits: z
    .strictObject({
      /** document and attachments together */
      documentBytes: bytes.default(3 * 1024 * 1024),
      /** one request on the wire, base64 and markup included */
      requestBytes: bytes.default(6 * 1024 * 1024),
      /** a gzip body may inflate to this */
      inflatedBytes: bytes.default(6 * 1024 * 1024),
      /** from a request's headers to the last byte of its body */
      bodyTimeoutMs: ms.default(120_000),
      /** whoever sends more slowly is not waited for, bytes a second */
      bodyBytesPerSecond: bytes.default(1_000),
      /** all requests in hand together, as they come; a quarter of it for those who have not logged in */
      memoryBytes: bytes.default(256 * 1024 * 1024),
      /** extensions of programs, lower case: files with them are refused at every door */
      refusedFileTypes: z
        .array(z.string().regex(/^[a-z0-9]{1,10}$/))
        .default([
          ...['exe', 'com', 'bat', 'cmd', 'scr', 'pif', 'msi', 'msp', 'dll', 'sys', 'cpl', 'hta', 'lnk', 'reg', 'jar'],
          ...[
            'vb',
            'vbs',
            'vbe',
            'js',
            'jse',
            'ws',
            'wsf',
            'wsh',
            'ps1',
            'psm1',
            'sh',
            'app',
            'apk',
            'elf',
            'msc',
            'scf',
          ],
        ]),
      openHops: z.number().int().positive().default(20_000),
      openDeliveries: z.number().int().positive().default(500_000),
      /**
       * acceptance stops below this much free disk; a tenth of it is set aside as a file (`reserve` in the data
       * folder), which goes when nothing else is left, so that what was sent can be booked
       */
      freeDiskBytes: bytes.default(512 * 1024 * 1024),
    })
    .prefault({}),
  classified: z
    .strictObject({
      /** 密级: the words that are no state secret; every other refuses. See docs/secrecy.md */
      unclassified: z
        .array(
          z
            .string()
            .max(40)
            .refine(
              mayBeUnclassified,
              '涉密用词不能列为非密 / no word of a state secret may be listed as unclassified',
            ),
        )
        .default([...UNCLASSIFIED]),
      /** further words that refuse wherever they stand in titles, file names and other lines */
      marks: z.array(z.string().min(1).max(40)).default([]),
      refuseCopyNumber: z.boolean().default(true),
      /** a doubtful word in a title or a file's name */
      doubt: z.enum(['refuse', 'hold']).default('refuse'),
      /**
       * a file that cannot be read (.doc, .wps, .ceb, scans, encrypted archives): taken and listed, held for a person,
       * or refused
       */
      unreadable: z.enum(['take', 'hold', 'refuse']).default('take'),
      /** a file that takes longer to read cannot be read */
      readMs: ms.default(5_000),
      /** of a message with many files, those that are not read by then cannot be read */
      readAllMs: ms.default(20_000),
    })
    .prefault({}),
  hop: z
    .strictObject({
      leaseMs: ms.default(60_000),
      maxAttempts: z.number().int().positive().default(5),
      backoffMs: ms.default(1_000),
      maxBackoffMs: ms.default(300_000),
    })
    .prefault({}),
  clock: z
    .strictObject({
      /**
       * a clock that jumps, or a restart after the last booking, by more than this holds expiries until a person
       * confirms
       */
      maxGapHours: z.number().positive().default(72),
    })
    .prefault({}),
  ledger: z
    .strictObject({
      /**
       * a second file that holds the end of the audit chain, best on another disk; beside the data folder, as
       * `<data>.end`, unless told
       */
      witness: z.string().min(1).optional(),
      /** volumes are read through for damage at this rate, beside everything else; 0: never */
      scrubBytesPerSecond: z
        .number()
        .int()
        .min(0)
        .default(4 * 1024 * 1024),
      /** a round of that begins so long after the last one */
      scrubHours: z.number().positive().default(168),
    })
    .prefault({}),
  audit: z
    .strictObject({
      /** the end of the audit chain, told outside the database, always to the log and with it to syslog */
      anchor: z
        .strictObject({
          everyMinutes: z.number().positive().default(60),
          /** a file that gets each anchor as a line, best on another mount, where this user may append only */
          file: z.string().min(1).optional(),
          /** publish each anchor to the topic exchange `<prefix>audit`, routing key `anchor.<station>` */
          bus: z.boolean().default(false),
        })
        .prefault({}),
    })
    .prefault({}),
  flows: z
    .strictObject({
      /** a flow process whose event loop stands still for so long is replaced */
      silentMs: ms.default(10_000),
      maxRssBytes: bytes.default(1024 * 1024 * 1024),
      drainMs: ms.default(10_000),
      /** what flows may use as ${NAME} in the properties of their nodes; counts from the flow process's next start */
      environment: z
        .record(
          z.string().regex(/^(?!YIZHAN_)[A-Z][A-Z0-9_]{0,63}$/),
          z.union([z.string().max(4000), z.number()]).transform(String),
        )
        .default({}),
      ...flowBounds,
    })
    .prefault({}),
  log: z
    .strictObject({
      level: z.enum(['error', 'warn', 'info', 'debug']).default('info'),
      keepDays: z.number().int().min(1).default(184),
      /** true: for people on a terminal, JSON lines where it goes elsewhere; `text`, `json`: always that */
      console: z.union([z.boolean(), z.enum(['text', 'json'])]).default(true),
      /** a collector of syslog (RFC 5424) that gets the same events; see docs/operations-logs.md */
      syslog: syslogSchema.optional(),
    })
    .prefault({}),
  petitions: z
    .strictObject({
      /**
       * units to which petitions that report on somebody go first; where one is reported on itself, the next stands in
       */
      offices: z.array(z.string().min(1)).default(['市信访局', '市政府办公室']),
    })
    .prefault({}),
  /** what is finished is pruned after its time; absent: nothing ever is. See docs/retention.md */
  retention: retentionSchema.optional(),
  sweepMs: ms.default(5_000),
})
export type StationConfig = z.infer<typeof stationSchema>

/** Delivery settings of a system; each has a default that suits an ordinary OA. */
export const paceSchema = z
  .strictObject({
    concurrency: z.number().int().min(1).max(64).default(4),
    timeoutMs: ms.default(30_000),
    /** at most so many calls a second; absent: no limit */
    perSecond: z.number().positive().optional(),
    /** deliveries one after the other: for each document and recipient, or everything for a recipient */
    order: z.enum(['document', 'unit']).default('document'),
    backoffMs: ms.default(1_000),
    maxBackoffMs: ms.default(300_000),
    /** tries before it becomes a dead letter; 0: until it expires */
    maxAttempts: z.number().int().min(0).default(0),
    /** consecutive failures that open the breaker, and how long it stays open */
    breakerFailures: z.number().int().min(1).default(5),
    breakerMs: ms.default(10_000),
    /** undelivered after this long: expired, listed for paper */
    expireMs: ms.default(7 * 24 * 3600_000),
    /** where a doubtful send cannot be asked about (SMS, mail): send it again, or hold it for a person */
    inDoubt: z.enum(['resend', 'hold']).default('resend'),
    /** sends that may each have arrived, where `inDoubt` is `resend`: then it is held for a person; 0: no limit */
    copies: z.number().int().min(0).default(3),
    /**
     * questions about a doubtful delivery that bring no answer (a system that is off is not asked): then it is held for
     * a person; 0: no limit
     */
    probes: z.number().int().min(0).default(10),
    /** a Retry-After longer than this is taken for this */
    maxRetryAfterMs: ms.default(900_000),
  })
  .prefault({})
export type Pace = z.infer<typeof paceSchema>

export const systemSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  name: z.string().min(1),
  /** a folder of `adapters/`; which there are the manifests say */
  adapter: z.string().min(1),
  /** a file of `profiles/`, without its extension */
  profile: z.string().default(''),
  /**
   * 'calls-us': it submits and fetches; 'we-call': we send to `url`; both may be wanted: it submits to us and we
   * send to it
   */
  roles: z.array(z.enum(['calls-us', 'we-call'])).default([]),
  /** endpoint of a system that we call */
  url: z.url().optional(),
  /** TLS where we call it, beside what its address says; CMPP and SMPP: TLS where this stands, if only as `{}` */
  tls: callTlsSchema.optional(),
  /** account we use there; the password is the secret `<system id>.password` */
  username: z.string().optional(),
  /**
   * origins (`http://10.1.2.3:8080`) beside that of `url` from which files that a system names by address are fetched
   */
  fileOrigins: z.array(z.url({ protocol: /^https?$/ }).transform((url) => new URL(url).origin)).default([]),
  /** poll for its documents every so often (systems that we call and that also send) */
  pollMs: ms.optional(),
  /** names of the operations that it calls, where they are not the dialect's usual ones; see docs/systems/oa.md */
  operations: z.record(z.string(), z.string().regex(/^[A-Za-z_]\w{0,63}$/)).optional(),
  /** what its adapter wants to know, by the schema of its manifest; see docs/systems/ */
  settings: z.record(z.string(), z.json()).default({}),
  pace: paceSchema,
})
export type SystemConfig = z.infer<typeof systemSchema>

/** As openssl and browsers write it; kept as lower-case hex. */
const fingerprintSchema = z
  .string()
  .regex(/^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/, 'SHA-256，64 个十六进制数字 / SHA-256, 64 hexadecimal digits')
  .transform((text) => text.replaceAll(':', '').toLowerCase())

/** How a client certificate is named: by its fingerprint, or by its subject below an authority. */
const certificatesSchema = z
  .array(
    z.union([
      z.strictObject({ fingerprint: fingerprintSchema }),
      z.strictObject({ subject: z.string().min(3).max(1_000), ca: fingerprintSchema }),
    ]),
  )
  .min(1)

export const accountSchema = z.strictObject({
  id: z.string().min(1).max(64),
  system: z.string(),
  /** unit ids, or `*` for every unit bound to the system */
  units: z.union([z.literal('*'), z.array(z.string()).min(1)]),
  /**
   * what the feed's links show it: messages of its own units (if absent), or all that no unit of its own is kept from
   */
  reads: z.enum(['own', 'all']).optional(),
  /**
   * public keys (OpenSSH, one a line of `authorized_keys`) by which it logs in over SFTP, with or instead of a password
   */
  keys: z
    .array(
      z
        .string()
        .max(2_000)
        .regex(/^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]+={0,2}(?: [^\n]*)?$/),
    )
    .min(1)
    .optional(),
  /**
   * client certificates (`http.tls`) by which it logs in over HTTP, with or instead of a password: the SHA-256
   * fingerprint of one, or a subject (RFC 4514) and the fingerprint of an authority above it
   */
  certificates: certificatesSchema.optional(),
  /** the only addresses and networks (`10.1.0.0/16`) from which it may log in; absent: from anywhere */
  addresses: networksSchema.min(1).optional(),
  /** the password is the secret `account.<id>`; whoever has keys or certificates need not have one */
})
export type AccountConfig = z.infer<typeof accountSchema>

/** One row of units.tsv. */
export const unitSchema = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/),
  name: z.string().min(1),
  aliases: z.array(z.string()),
  groups: z.array(z.string()).min(1),
  codes: z.array(z.string()),
  /**
   * names that people use and that address nothing: former ones, offices below it; beside those of
   * core/directory/spoken-names.ts
   */
  spoken: z.array(z.string()).optional(),
  /** the system it is bound to, from a date to a date (YYYY-MM-DD, Asia/Shanghai; open where absent) */
  system: z.string(),
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
})
export type UnitConfig = z.infer<typeof unitSchema>

export const groupsSchema = z.strictObject({
  groups: z.array(z.strictObject({ id: z.string(), name: z.string() })),
  phrases: z.array(
    z.strictObject({ phrase: z.string(), groups: z.array(z.string()).min(1), except: z.array(z.string()).optional() }),
  ),
})
export type GroupsConfig = z.infer<typeof groupsSchema>

/** The whole configuration as the house uses it. */
export interface CityConfig {
  readonly station: StationConfig
  readonly systems: readonly SystemConfig[]
  readonly accounts: readonly AccountConfig[]
  readonly units: readonly UnitConfig[]
  readonly groups: GroupsConfig
  /** changes with any of systems, accounts, units, groups */
  readonly revision: string
}
