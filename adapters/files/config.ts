import { z } from 'zod'
import type { House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { YizhanError } from '../../core/errors/error.ts'

const ms = z.number().int().positive()
const bytes = z.number().int().positive()
const count = z.number().int().positive()

/** What is agreed with one account's client. */
const client = {
  /** encoding of file names */
  names: z.enum(['utf-8', 'gbk']),
  /** what says that a file in `out/` is ready: nothing has changed for a while, a rename, a marker beside it */
  ready: z.enum(['quiet', 'rename', 'marker']),
  quietMs: ms,
  /** ends the marker's name: `a.xml.ok` or `a.ok` for `a.xml` */
  marker: z.string().regex(/^\.[A-Za-z0-9]{1,10}$/),
  /** how items lie in `in/`: an XML with its files beside it, or a ZIP of these */
  offers: z.enum(['xml', 'zip']),
}

const limitsSchema = z
  .strictObject({
    connections: count.default(200),
    /** connections of one source that have not logged in */
    strangers: count.default(10),
    /** connections of one account */
    accountConnections: count.default(8),
    loginMs: ms.default(30_000),
    loginTries: count.default(6),
    /** a connection on which nothing is asked is ended */
    idleMs: ms.default(600_000),
    /** open files and folders of one session */
    handles: count.max(1_000).default(64),
    pathBytes: count.default(1_024),
    /** of UTF-8 */
    nameBytes: count.max(255).default(255),
    /** names in a path, the first of them out, in, receipts or errors */
    depth: count.max(10).default(4),
    /** one file in `out/` */
    fileBytes: bytes.default(6 * 1024 * 1024),
    /** files of one account that wait in `out/`, and all of them together */
    waitingFiles: count.default(2_000),
    waitingBytes: bytes.default(512 * 1024 * 1024),
    /** of one account, both ways */
    bytesPerSecond: bytes.default(32 * 1024 * 1024),
    requestsPerSecond: count.default(2_000),
    /** items of a unit that are listed */
    offered: count.max(10_000).default(1_000),
  })
  .prefault({})

export const filesSchema = z.strictObject({
  listen: z.strictObject({
    host: z.string().default('127.0.0.1'),
    port: z.number().int().min(0).max(65535).default(8632),
  }),
  /** a file of `profiles/`, without its extension: how the XML is written */
  profile: z.string().min(1).default('yizhan'),
  /** the profile's form in which items are offered */
  itemForm: z.string().min(1).default('Item'),
  names: client.names.default('utf-8'),
  ready: client.ready.default('quiet'),
  quietMs: client.quietMs.default(5_000),
  marker: client.marker.default('.ok'),
  offers: client.offers.default('xml'),
  /** what is agreed otherwise with single accounts, by account id */
  accounts: z.record(z.string(), z.strictObject(client).partial()).default({}),
  limits: limitsSchema,
  /** files that an XML names and that are not there yet are waited for so long */
  besideMs: ms.default(60_000),
  /** what has not become ready for so long is wiped, and `errors/` says so */
  abandonedMs: ms.default(24 * 3_600_000),
  /** what stands in `errors/` and `receipts/` about a file is kept so long */
  notesMs: ms.default(30 * 24 * 3_600_000),
})
export type FilesConfig = z.infer<typeof filesSchema>
export type FilesLimits = FilesConfig['limits']
export type ClientConfig = Pick<FilesConfig, keyof typeof client>

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
    const { forms, id } = this.#house.profile(this.config.profile)
    if (!forms.includes(this.config.itemForm))
      throw new YizhanError('CONFIG_INVALID', {
        field: `systems.yaml: ${this.id}.settings.itemForm`,
        value: this.config.itemForm,
        rule: `profiles/${id}.yaml: ${forms.join(', ')}`,
      })
  }
}
