import { z } from 'zod'
import type { House } from '../../core/adapter/port.ts'
import { isObject } from '../../core/config/merge.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { remotePath, sftpSchema } from '../kit/sftp/config.ts'

const ms = z.number().int().positive()
const bytes = z.number().int().positive()
const count = z.number().int().positive()

/** What is agreed with one account's client. */
const client = {
  names: z.enum(['utf-8', 'gbk']).describe('文件名的编码 / encoding of file names'),
  ready: z
    .enum(['quiet', 'rename', 'marker'])
    .describe(
      '怎样算 out/ 中的文件已就绪：quiet 一段时间不变、rename 改名、marker 旁边有标记 / what says that a file in out/ is ready: nothing has changed for a while, a rename, a marker beside it',
    ),
  quietMs: ms.describe('ready: quiet 时，多久不变 / with ready: quiet, unchanged for so long'),
  marker: z
    .string()
    .regex(/^\.[A-Za-z0-9]{1,10}$/)
    .describe('标记的扩展名：a.xml 的标记为 a.xml.ok 或 a.ok / ends the marker’s name: a.xml.ok or a.ok for a.xml'),
  offers: z
    .enum(['xml', 'json', 'zip'])
    .describe(
      'in/ 中怎样放：XML 或 JSON 与旁边的附件，或 XML 与附件合为一个 ZIP / how items lie in in/: an XML or JSON with its files beside it, or a ZIP of the XML and these',
    ),
}

const limitsSchema = z
  .strictObject({
    connections: count.default(200).describe('连接合计 / connections together'),
    strangers: count.default(10).describe('同一来源未登录的连接 / connections of one source that have not logged in'),
    accountConnections: count.default(8).describe('一个账号的连接 / connections of one account'),
    loginMs: ms.default(30_000).describe('登录须在这么久内完成 / a login must be done within this'),
    loginTries: count.default(6).describe('一个连接可试几次 / tries of one connection'),
    idleMs: ms
      .default(600_000)
      .describe('这么久什么也不问的连接断开 / a connection on which nothing is asked is ended'),
    handles: count
      .max(1_000)
      .default(64)
      .describe('一个会话打开的文件与文件夹 / open files and folders of one session'),
    pathBytes: count.default(1_024).describe('一个路径的字节 / bytes of one path'),
    nameBytes: count.max(255).default(255).describe('一个文件名的字节（UTF-8） / bytes of one name, in UTF-8'),
    depth: count
      .max(10)
      .default(4)
      .describe(
        '路径几层，第一层是 out、in、receipts 或 errors / names in a path, the first of them out, in, receipts or errors',
      ),
    fileBytes: bytes.default(6 * 1024 * 1024).describe('out/ 中的一个文件 / one file in out/'),
    waitingFiles: count
      .default(2_000)
      .describe('一个账号在 out/ 中等着的文件 / files of one account that wait in out/'),
    waitingBytes: bytes.default(512 * 1024 * 1024).describe('它们的字节合计 / bytes of all of them together'),
    bytesPerSecond: bytes
      .default(32 * 1024 * 1024)
      .describe('一个账号每秒的字节，两个方向合计 / of one account, both ways'),
    requestsPerSecond: count.default(2_000).describe('一个账号每秒的请求 / requests of one account a second'),
    offered: count.max(10_000).default(1_000).describe('一个单位列出几件 / items of a unit that are listed'),
    listed: count.max(100_000).default(20_000).meta({
      description:
        '对方的一个目录每次至多看几个名称 / of a folder of theirs, so many names are read in one look; the others when these have gone',
      since: '0.2.0',
    }),
  })
  .prefault({})

/** The places below their server's start or below their folder; none of them is made by us but `done`. */
const foldersSchema = z
  .strictObject({
    out: remotePath.default('out').describe('对方给出，我方取走 / what they give, and we fetch'),
    in: remotePath.default('in').describe('我方放入的公文、撤回、答复 / what we put: documents, withdrawals, replies'),
    receipts: remotePath
      .default('receipts')
      .describe('收文号，以及签收、退文、投递结果 / our answers, and receipts, returns and outcomes'),
    errors: remotePath.default('errors').describe('拒收的原因 / why something was refused'),
    done: remotePath
      .default('done')
      .describe('after: done 时，受理的移到这里 / where what we took goes, with after: done'),
    taken: z
      .array(remotePath)
      .default([])
      .describe(
        '对方把取走的放在哪里；再次发送前先看 / where they put what they have taken of ours; looked into before anything is sent again',
      ),
  })
  .prefault({})

const settingsSchema = z.strictObject({
  listen: z
    .strictObject({
      host: z.string().default('127.0.0.1').describe('地址 / address'),
      port: z.number().int().min(0).max(65535).default(8632).describe('端口；0 任取一个 / port; 0: any free one'),
    })
    .optional()
    .describe(
      '接口开在哪里；listen、server、folder 恰有其一 / where our endpoint listens; one of listen, server, folder',
    ),
  server: sftpSchema.omit({ names: true }).optional().meta({
    description: '对方的 SFTP 服务器，由我方去取去放 / an SFTP server of theirs, to which we go',
    since: '0.2.0',
  }),
  folder: z
    .strictObject({
      path: z
        .string()
        .regex(/^\/[^\0]*$/)
        .describe('绝对路径 / an absolute path'),
      operationTimeoutMs: ms.default(30_000).describe('一步操作的时限 / one operation'),
    })
    .optional()
    .meta({
      description: '双方都能看到的目录，如 NFS 挂载 / a folder that both see, such as an NFS mount',
      since: '0.2.0',
    }),
  folders: foldersSchema.meta({ description: '对方那里的各目录 / the folders at their place', since: '0.2.0' }),
  after: z.enum(['remove', 'done', 'leave']).default('remove').meta({
    description:
      '受理后，对方的文件怎样：remove、done、leave；拒收的留在原处 / what becomes of a file that we have taken; what was refused stays',
    since: '0.2.0',
  }),
  put: z.enum(['rename', 'marker']).default('rename').meta({
    description: '怎样放入：改名，或之后再放标记 / how we put: by a rename, or with a marker behind it',
    since: '0.2.0',
  }),
  profile: z
    .string()
    .min(1)
    .default('yizhan')
    .describe(
      'profiles/ 中的文件，不写扩展名：XML 怎样写 / a file of profiles/, without its extension: how the XML is written',
    ),
  itemForm: z
    .string()
    .min(1)
    .default('Item')
    .describe('给出各件所用的格式，方言中的名称 / the profile’s form in which items are offered'),
  names: client.names.default('utf-8').describe('文件名的编码 / encoding of file names'),
  ready: client.ready
    .default('quiet')
    .describe('怎样算已就绪：quiet、rename、marker / what says that a file is ready: quiet, rename, marker'),
  quietMs: client.quietMs
    .default(5_000)
    .describe('ready: quiet 时，多久不变 / with ready: quiet, unchanged for so long'),
  marker: client.marker.default('.ok').describe('标记的扩展名 / ends the name of a marker'),
  offers: client.offers
    .default('xml')
    .describe('in/ 中怎样放：xml、json 或 zip / how items lie in in/: xml, json or zip'),
  accounts: z
    .record(z.string(), z.strictObject(client).partial())
    .default({})
    .describe('与个别账号另有的约定，按账号标识 / what is agreed otherwise with single accounts, by account id'),
  limits: limitsSchema.describe('上限 / limits'),
  besideMs: ms
    .default(60_000)
    .describe(
      'XML 中写了而还没到的附件，等这么久 / files that an XML names and that are not there yet are waited for so long',
    ),
  abandonedMs: ms
    .default(24 * 3_600_000)
    .describe(
      '这么久没有就绪的清除，并在 errors/ 中说明 / what has not become ready for so long is wiped, and errors/ says so',
    ),
  notesMs: ms
    .default(30 * 24 * 3_600_000)
    .describe(
      'errors/ 与 receipts/ 中的说明保留这么久 / what stands in errors/ and receipts/ about a file is kept so long',
    ),
})

const PLACES = ['listen', 'server', 'folder'] as const
export const filesSchema = settingsSchema.refine(
  (settings) => PLACES.filter((place) => settings[place] !== undefined).length === 1,
  {
    path: ['listen'],
    message: `${PLACES.join('、')} 恰有其一 / exactly one of them`,
    when: ({ value }) => isObject(value),
  },
)
export type FilesConfig = z.infer<typeof filesSchema>
export type FilesLimits = FilesConfig['limits']
export type ClientConfig = Pick<FilesConfig, keyof typeof client>

/** Whether we go to it, instead of its coming to us. */
export function isPolled({ settings }: SystemConfig): boolean {
  return settings['server'] !== undefined || settings['folder'] !== undefined
}

/** The settings of one endpoint as they are now. */
export class FilesSettings {
  readonly #house: Pick<House, 'city' | 'profile'>
  readonly id: string
  #of: SystemConfig | undefined
  #read: FilesConfig | undefined

  constructor(house: Pick<House, 'city' | 'profile'>, id: string) {
    this.#house = house
    this.id = id
  }

  get system(): SystemConfig {
    const system = this.#house.city().systems.find(({ id }) => id === this.id)
    if (system === undefined) throw new YizhanError('INTERNAL', { detail: `system ${this.id} is gone` })
    return system
  }

  get config(): FilesConfig {
    const { system } = this
    if (this.#read === undefined || system !== this.#of) {
      this.#read = filesSchema.parse(system.settings)
      this.#of = system
    }
    return this.#read
  }

  /** Where an endpoint listens. */
  get listen(): NonNullable<FilesConfig['listen']> {
    const { listen } = this.config
    if (listen === undefined) throw new YizhanError('INTERNAL', { detail: `system ${this.id} has no endpoint` })
    return listen
  }

  /** In which syntaxes a file of its own may be. */
  get syntaxes(): readonly string[] {
    return this.#house.profile(this.config.profile).syntaxes
  }

  client(account: string): ClientConfig {
    const { config } = this
    const own = Object.entries(config.accounts[account] ?? {}).filter(([, value]) => value !== undefined)
    return { ...config, ...Object.fromEntries(own) }
  }

  /** What only the whole configuration can tell. @throws YizhanError CONFIG_INVALID */
  check(): void {
    const { accounts } = this.#house.city()
    const known = new Set(accounts.filter(({ system }) => system === this.id).map(({ id }) => id))
    const strange = Object.keys(this.config.accounts).find((id) => !known.has(id))
    if (strange !== undefined)
      throw new YizhanError('CONFIG_INVALID', {
        field: `systems.yaml: ${this.id}.settings.accounts`,
        value: strange,
        rule: `accounts.yaml 中该系统的账号 / accounts of this system: ${[...known].join(', ')}`,
      })
    const offers = [this.config.offers, ...Object.values(this.config.accounts).map((one) => one.offers)]
    if (offers.includes('json') && !this.syntaxes.includes('json'))
      throw new YizhanError('CONFIG_INVALID', {
        field: `systems.yaml: ${this.id}.settings.offers`,
        value: 'json',
        rule: `profiles/${this.config.profile}.yaml: syntax ${this.syntaxes.join(', ')}`,
      })
    const { forms, id } = this.#house.profile(this.config.profile)
    if (!forms.includes(this.config.itemForm))
      throw new YizhanError('CONFIG_INVALID', {
        field: `systems.yaml: ${this.id}.settings.itemForm`,
        value: this.config.itemForm,
        rule: `profiles/${id}.yaml: ${forms.join(', ')}`,
      })
  }
}
