import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import ssh2, { type ClientChannel, type ConnectConfig } from 'ssh2'
import { createFilesAdapter } from '../../../../adapters/files/index.ts'
import type { Adapter } from '../../../../core/adapter/port.ts'
import { accountSchema, systemSchema, unitSchema } from '../../../../core/config/schema.ts'
import { freePorts } from '../../../../sandbox/net/ports.ts'
import { WireClient } from '../../../lib/sftp-wire.ts'
import { PASSWORD, smallCity, TestHouse } from '../../oa/lib/house.ts'

export interface FilesRigOptions {
  /** settings of the endpoint, beside where it listens */
  readonly settings?: Readonly<Record<string, unknown>>
  /** public keys of the account `tax` */
  readonly keys?: readonly string[]
  /** a folder of profiles beside the project’s own */
  readonly profiles?: string
}

/**
 * Two units that know only files (`tax`, `land`, and an account `both` for the two) behind the real adapter, with the
 * real door and ledger.
 */
export class FilesRig {
  readonly t: TestHouse
  readonly port: number
  adapter: Adapter
  readonly #clients = new Set<ssh2.Client>()

  private constructor(t: TestHouse, port: number, adapter: Adapter) {
    this.t = t
    this.port = port
    this.adapter = adapter
  }

  static async open({ settings = {}, keys, profiles }: FilesRigOptions = {}): Promise<FilesRig> {
    const [port] = (await freePorts(1)) as [number]
    const base = smallCity()
    const unit = (id: string, name: string, code: string) =>
      unitSchema.parse({ id, name, aliases: [], groups: ['department'], codes: [code], system: 'files' })
    const account = (id: string, units: readonly string[]) =>
      accountSchema.parse({ id, system: 'files', units, ...(id === 'tax' && keys !== undefined ? { keys } : {}) })
    const system = systemSchema.parse({
      id: 'files',
      name: '文件交换',
      adapter: 'files',
      settings: { listen: { port }, quietMs: 30, besideMs: 300, ...settings },
    })
    const city = {
      ...base,
      systems: [...base.systems, system],
      accounts: [
        ...base.accounts,
        account('tax', ['tax']),
        account('land', ['land']),
        account('both', ['tax', 'land']),
      ],
      units: [...base.units, unit('tax', '市税务局', 'D-21'), unit('land', '市国土局', 'D-22')],
    }
    const t = await TestHouse.open(city, profiles)
    const adapter = createFilesAdapter(t.house)
    await adapter.configured?.()
    await adapter.start()
    return new FilesRig(t, port, adapter)
  }

  /** As the station's end and new start: what was given meanwhile is still there. */
  async restart(): Promise<void> {
    await this.adapter.close()
    this.adapter = createFilesAdapter(this.t.house)
    await this.adapter.configured?.()
    await this.adapter.start()
  }

  async connect(username: string, auth: ConnectConfig = { password: PASSWORD }): Promise<ssh2.Client> {
    const client = new ssh2.Client()
    client.connect({ host: '127.0.0.1', port: this.port, username, ...auth })
    await once(client, 'ready')
    client.setNoDelay(true)
    // What the server ends, it ends.
    client.on('error', () => undefined)
    this.#clients.add(client)
    return client
  }

  /** A session of raw SFTP, greeted. */
  async sftp(username: string, auth?: ConnectConfig): Promise<WireClient> {
    const client = await this.connect(username, auth)
    const wire = new WireClient(await channelOf(client))
    await wire.init()
    return wire
  }

  /** Ends all its clients' connections. */
  leave(): void {
    for (const client of this.#clients) client.destroy()
    this.#clients.clear()
  }

  async close(): Promise<void> {
    this.leave()
    await this.adapter.close()
    await this.t.close()
  }
}

/** The subsystem's channel, with nothing of ssh2's between. */
export function channelOf(client: ssh2.Client): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    client.subsys('sftp', (error: Error | undefined, channel: ClientChannel) =>
      error === undefined ? resolve(channel) : reject(error),
    )
  })
}

const NS = 'urn:yizhan:oa:1'

/** A document in the house's dialect; `files` are `<file>` elements. */
export function submission(title: string, to: string, files = '', more = ''): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?><Submit xmlns="${NS}"><document><documentType>通知</documentType>${more}<documentTitle>${title}</documentTitle><mainReceiverDepartment>${to}</mainReceiverDepartment>${files === '' ? '<text>正文</text>' : `<files>${files}</files>`}</document></Submit>`,
  )
}

export function signature(row: string): Buffer {
  return Buffer.from(`<Sign xmlns="${NS}"><id>${row}</id><by>张三</by></Sign>`)
}
