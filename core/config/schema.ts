import { z } from 'zod'
import type { AlertsConfig } from '../alarm/config.ts'
import { backupSchema } from './backup.ts'
import { flowBounds } from './flow-bounds.ts'
import { busSchema } from './bus.ts'
import { callTlsSchema } from './call-tls.ts'
import { classifiedSchema } from './classified.ts'
import { defaultListenerSchema, hostsSchema, listenersSchema } from './listeners.ts'
import { limitsSchema } from './limits.ts'
import { paceSchema } from './pace.ts'
import { peopleSchema } from './people.ts'
import { retentionSchema } from './retention.ts'
import { syslogSchema } from './syslog.ts'
import { tlsSchema } from './tls.ts'

/**
 * The configuration: `station.yaml`, `systems.yaml`, `accounts.yaml`, `groups.yaml`, `units.tsv`, where there is one
 * `alerts.yaml`, and the folders `profiles/`, `codes/`, `mappings/`. Checked whole at start; errors name file, key and
 * rule. Each key is declared once, here; those of alerts.yaml in `core/alarm/config.ts`.
 */

const ms = z.number().int().positive()
const bytes = z.number().int().positive()
const networksSchema = z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()]))

export const stationSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[a-z][a-z0-9]{0,15}$/)
    .describe('站点的短名，ASCII，写进它所生的每个编号 / short ASCII name, part of every id this station makes'),
  http: defaultListenerSchema.describe('没有自己监听的，都由它服务 / serves what has no listener of its own'),
  listeners: listenersSchema.meta({ description: '各有自己监听的 / what has a listener of its own', since: '0.2.0' }),
  editor: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('地址 / address'),
      port: z.number().int().min(0).max(65535).default(8631).describe('端口；0 任取一个 / port; 0: any free one'),
      enabled: z.boolean().default(true).describe('是否开放编辑器 / whether it is served'),
      tls: tlsSchema.optional().meta({ description: 'TLS；没有则不加密 / TLS; absent: none', since: '0.2.0' }),
      hosts: hostsSchema,
    })
    .prefault({})
    .describe('流程编辑器 / the flow editor'),
  certificates: z
    .strictObject({
      warnDays: z
        .array(z.number().int().min(1).max(365))
        .default([30, 14, 7, 1])
        .describe(
          '到期前几天告知，一次一天 / days before its end at which a certificate or revocation list is told, once each',
        ),
    })
    .prefault({})
    .meta({
      description:
        '出示的、对方要的、用来核验的证书与吊销列表 / certificates and lists that we serve with, show or trust',
      since: '0.2.0',
    }),
  bus: busSchema,
  limits: limitsSchema,
  classified: classifiedSchema,
  hop: z
    .strictObject({
      leaseMs: ms.default(60_000).describe('流程进程持有多久 / how long a flow process holds it'),
      maxAttempts: z
        .number()
        .int()
        .positive()
        .default(5)
        .describe('几次不成后成为死信 / tries before it becomes a dead letter'),
      backoffMs: ms
        .default(1_000)
        .describe('第一次重试前等多久，逐次加倍 / first wait before another try, doubled each time'),
      maxBackoffMs: ms.default(300_000).describe('至多等多久 / and at most so long'),
    })
    .prefault({})
    .describe('流程的一次处理 / one run of a message through the flows'),
  clock: z
    .strictObject({
      maxGapHours: z.number().positive().default(72).meta({
        description:
          '时钟跳过、或重启距上次登记超过这么多小时，过期搁置，等人确认 / a clock that jumps, or a restart after the last booking, by more than this holds expiries until a person confirms',
        since: '0.2.0',
      }),
    })
    .prefault({})
    .meta({ description: '时钟 / the clock', since: '0.2.0' }),
  ledger: z
    .strictObject({
      url: z.string().min(1).optional().meta({
        description:
          '台账与正文存在 PostgreSQL（15 起）：postgres://用户@主机:端口/库，口令在密钥 ledger.password，?search_path= 另选模式；没有则在数据文件夹 / keeps the ledger and the bodies on a PostgreSQL (15 or newer): postgres://user@host:port/database, with the password in the secret ledger.password and a schema by ?search_path=; absent: in the data folder',
        since: '0.2.0',
      }),
      caFile: z.string().min(1).optional().meta({
        description:
          '签发该服务器证书的机构，PEM 文件；写了即用 TLS 并核对；没有则不加密 / PEM file with the authorities that sign its certificate: with it TLS is required and checked; absent: no TLS',
        since: '0.2.0',
      }),
      witness: z.string().min(1).optional().meta({
        description:
          '第二个链尾文件，最好在另一块盘；没有则在数据文件夹旁，<data>.end / a second file that holds the end of the audit chain, best on another disk; beside the data folder, as <data>.end, unless told',
        since: '0.2.0',
      }),
      scrubBytesPerSecond: z
        .number()
        .int()
        .min(0)
        .default(4 * 1024 * 1024)
        .meta({
          description:
            '通读内容找损坏的速度；0 不读 / volumes are read through for damage at this rate, beside everything else; 0: never',
          since: '0.2.0',
        }),
      scrubHours: z
        .number()
        .positive()
        .default(168)
        .meta({ description: '隔多久再通读一遍 / a round of that begins so long after the last one', since: '0.2.0' }),
    })
    .prefault({})
    .meta({ description: '台账 / the ledger', since: '0.2.0' }),
  audit: z
    .strictObject({
      anchor: z
        .strictObject({
          everyMinutes: z.number().positive().default(60).meta({ description: '隔多久 / how often', since: '0.2.0' }),
          file: z.string().min(1).optional().meta({
            description:
              '每个锚点在此文件加一行；最好在另一处，站点的用户只能追加 / a file that gets each anchor as a line, best on another mount, where this user may append only',
            since: '0.2.0',
          }),
          bus: z.boolean().default(false).meta({
            description:
              '每个锚点发到 <prefix>audit 交换机，路由键 anchor.<站点> / publish each anchor to the topic exchange <prefix>audit, routing key anchor.<station>',
            since: '0.2.0',
          }),
        })
        .prefault({})
        .meta({
          description:
            '把链尾记到数据库之外；日志（与 syslog）总有 / the end of the audit chain, told outside the database, always to the log and with it to syslog',
          since: '0.2.0',
        }),
    })
    .prefault({})
    .meta({ description: '审计 / the audit chain', since: '0.2.0' }),
  flows: z
    .strictObject({
      silentMs: ms
        .default(10_000)
        .describe(
          '事件循环停这么久的流程进程换掉 / a flow process whose event loop stands still for so long is replaced',
        ),
      maxRssBytes: bytes
        .default(1024 * 1024 * 1024)
        .describe('占内存超过此的换掉 / one that takes more memory is replaced'),
      drainMs: ms.default(10_000).describe('换之前等手上的做完多久 / what it has in hand is waited for so long'),
      environment: z
        .record(
          z.string().regex(/^(?!YIZHAN_)[A-Z][A-Z0-9_]{0,63}$/),
          z.union([z.string().max(4000), z.number()]).transform(String),
        )
        .default({})
        .describe(
          '流程节点中可写作 ${名称} 的值；流程进程下次启动时生效 / what flows may use as ${NAME} in the properties of their nodes; counts from the flow process’s next start',
        ),
      ...flowBounds,
    })
    .prefault({})
    .describe('流程进程 / the flow process'),
  log: z
    .strictObject({
      level: z
        .enum(['error', 'warn', 'info', 'debug'])
        .default('info')
        .describe('记到哪一级 / which levels are written'),
      keepDays: z.number().int().min(1).default(184).describe('保留几天 / days that files are kept'),
      console: z
        .union([z.boolean(), z.enum(['text', 'json'])])
        .default(true)
        .describe(
          '控制台：true 在终端写给人看、否则 JSON；text、json 总是如此 / true: for people on a terminal, JSON lines where it goes elsewhere; text, json: always that',
        ),
      syslog: syslogSchema.optional().meta({
        description:
          '接收同样事件的 syslog（RFC 5424）；见 docs/operations-logs.md / a collector of syslog (RFC 5424) that gets the same events; see docs/operations-logs.md',
        since: '0.2.0',
      }),
    })
    .prefault({})
    .describe('日志 / the log'),
  petitions: z
    .strictObject({
      offices: z.array(z.string().min(1)).default(['市信访局', '市政府办公室']).meta({
        description:
          '反映某单位的信访件先到这里；自己被反映时由下一个代 / units to which petitions that report on somebody go first; where one is reported on itself, the next stands in',
        since: '0.2.0',
      }),
    })
    .prefault({})
    .meta({ description: '信访 / petitions', since: '0.2.0' }),
  people: peopleSchema.meta({
    description:
      '人员登录的规则；人员本身不在配置里，见 docs/operations.md / rules of people’s logins; the people themselves are no configuration',
    since: '0.2.0',
  }),
  backup: backupSchema.meta({ description: '备份 / backups', since: '0.2.0' }),
  retention: retentionSchema.optional().meta({
    description:
      '办结的过期清除；没有则永不清除。见 docs/retention.md / what is finished is pruned after its time; absent: nothing ever is. See docs/retention.md',
    since: '0.2.0',
  }),
  sweepMs: ms
    .default(5_000)
    .describe('台账多久扫一遍，找总线丢了的 / how often the ledger is swept for what the bus lost'),
})
export type StationConfig = z.infer<typeof stationSchema>

export const systemSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .describe('标识 / id'),
  name: z.string().min(1).describe('名称 / name'),
  adapter: z.string().min(1).describe('适配器 / the adapter'),
  profile: z
    .string()
    .default('')
    .describe('profiles/ 中的方言，不写扩展名 / a file of profiles/, without its extension'),
  roles: z
    .array(z.enum(['calls-us', 'we-call']))
    .default([])
    .describe(
      'calls-us 对方调用我方；we-call 我方调用对方的 url；可以都有 / calls-us: it submits and fetches; we-call: we send to url; both may be wanted',
    ),
  url: z.url().optional().describe('我方调用的地址 / endpoint of a system that we call'),
  tls: callTlsSchema.optional().meta({
    description:
      '我方调用时的 TLS，网址之外的；CMPP、SMPP 有此项（哪怕为 {}）即用 TLS / TLS where we call it, beside what its address says; CMPP and SMPP: TLS where this stands, if only as {}',
    since: '0.2.0',
  }),
  username: z
    .string()
    .optional()
    .describe(
      '我方在那里的账号；口令为密钥 <id>.password / account that we use there; the password is the secret <id>.password',
    ),
  pollMs: ms
    .optional()
    .describe(
      '隔多久去取一次（我方调用而对方也发的系统） / poll for its documents every so often (systems that we call and that also send)',
    ),
  settings: z
    .record(z.string(), z.json())
    .default({})
    .describe('适配器自己的设置，见其页 / what its adapter wants to know; see its page'),
  pace: paceSchema.describe('投递的快慢 / how deliveries to it are paced'),
})
export type SystemConfig = z.infer<typeof systemSchema>

/** As openssl and browsers write it; kept as lower-case hex. */
const fingerprintSchema = z
  .string()
  .regex(/^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$/, 'SHA-256，64 个十六进制数字 / SHA-256, 64 hexadecimal digits')
  .transform((text) => text.replaceAll(':', '').toLowerCase())

/** How a client certificate is named: by its fingerprint, or by its subject below an authority. */
export const certificatesSchema = z
  .array(
    z.union([
      z.strictObject({
        fingerprint: fingerprintSchema.meta({
          description: '证书的 SHA-256 指纹 / SHA-256 fingerprint of the certificate',
          since: '0.2.0',
        }),
      }),
      z.strictObject({
        subject: z
          .string()
          .min(3)
          .max(1_000)
          .meta({ description: '主体（RFC 4514） / subject (RFC 4514)', since: '0.2.0' }),
        ca: fingerprintSchema.meta({
          description: '其上级机构的 SHA-256 指纹 / SHA-256 fingerprint of an authority above it',
          since: '0.2.0',
        }),
      }),
    ]),
  )
  .min(1)

export const accountSchema = z.strictObject({
  id: z.string().min(1).max(64).describe('标识，即登录名 / id, which is the login'),
  system: z.string().describe('属于哪个系统 / the system that it belongs to'),
  units: z
    .union([z.literal('*'), z.array(z.string()).min(1)])
    .describe('代表哪些单位；* 为绑定到该系统的全部 / unit ids, or * for every unit bound to the system'),
  reads: z.enum(['own', 'all']).optional().meta({
    description:
      '公开事件的链接给它看什么：own 本单位的（缺省），all 没有瞒着本单位的全部 / what the feed’s links show it: messages of its own units (if absent), or all that no unit of its own is kept from',
    since: '0.2.0',
  }),
  keys: z
    .array(
      z
        .string()
        .max(2_000)
        .regex(/^(?:ssh-ed25519|ssh-rsa|ecdsa-sha2-nistp(?:256|384|521)) [A-Za-z0-9+/]+={0,2}(?: [^\n]*)?$/),
    )
    .min(1)
    .optional()
    .meta({
      description:
        'SFTP 登录的公钥（OpenSSH），与口令并用或代替 / public keys (OpenSSH, one a line of authorized_keys) by which it logs in over SFTP, with or instead of a password',
      since: '0.2.0',
    }),
  certificates: certificatesSchema.optional().meta({
    description:
      'HTTP 登录的客户端证书，与口令并用或代替 / client certificates by which it logs in over HTTP, with or instead of a password',
    since: '0.2.0',
  }),
  addresses: networksSchema.min(1).optional().meta({
    description:
      '只可从这些地址与网段（10.1.0.0/16）登录；没有则不限 / the only addresses and networks (10.1.0.0/16) from which it may log in; absent: from anywhere',
    since: '0.2.0',
  }),
  /** the password is the secret `account.<id>`; whoever has keys or certificates need not have one */
})
export type AccountConfig = z.infer<typeof accountSchema>

/** One row of units.tsv. */
export const unitSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .describe('标识 / id'),
  name: z.string().min(1).describe('全称 / full name'),
  aliases: z.array(z.string()).describe('别名，可作收文单位 / other names that address it'),
  groups: z.array(z.string()).min(1).describe('分组 / groups'),
  codes: z.array(z.string()).describe('各方言中的代码 / codes in the dialects'),
  spoken: z.array(z.string()).optional().meta({
    description:
      '人们说而不作收文单位的名称：旧名、下属科室 / names that people use and that address nothing: former ones, offices below it',
    since: '0.2.0',
  }),
  system: z.string().describe('绑定的系统 / the system it is bound to'),
  from: z.iso
    .date()
    .optional()
    .describe('绑定自（YYYY-MM-DD，北京时间；含） / bound from that day (YYYY-MM-DD, Asia/Shanghai; included)'),
  to: z.iso.date().optional().describe('绑定至 / bound until that day'),
})
export type UnitConfig = z.infer<typeof unitSchema>

export const groupsSchema = z.strictObject({
  groups: z
    .array(z.strictObject({ id: z.string().describe('标识 / id'), name: z.string().describe('名称 / name') }))
    .describe('单位的分组 / groups of units'),
  phrases: z
    .array(
      z.strictObject({
        phrase: z.string().describe('统称 / the phrase'),
        groups: z.array(z.string()).min(1).describe('哪些分组或单位 / which groups or units'),
        except: z.array(z.string()).optional().describe('除了哪些单位 / but for these units'),
      }),
    )
    .describe('统称，如“各县（市、区）人民政府” / collective names, such as 各县（市、区）人民政府'),
})
export type GroupsConfig = z.infer<typeof groupsSchema>

/** The whole configuration as the house uses it. */
export interface CityConfig {
  readonly station: StationConfig
  readonly systems: readonly SystemConfig[]
  readonly accounts: readonly AccountConfig[]
  readonly units: readonly UnitConfig[]
  readonly groups: GroupsConfig
  /** of alerts.yaml, with the rules that are shipped */
  readonly alerts: AlertsConfig
  /** changes with any of systems, accounts, units, groups, alerts */
  readonly revision: string
}
