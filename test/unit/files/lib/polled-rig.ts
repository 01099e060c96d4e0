import type { Sender } from '../../../../core/delivery/port.ts'
import { systemSchema, unitSchema } from '../../../../core/config/schema.ts'
import { FilesSettings } from '../../../../adapters/files/config.ts'
import { Judge } from '../../../../adapters/files/out/judge.ts'
import { PolledPlace, type PolledPlaceParts } from '../../../../adapters/files/polled/place.ts'
import { PreparedPuts } from '../../../../adapters/files/polled/prepared.ts'
import { OutRounds } from '../../../../adapters/files/polled/round.ts'
import { SeenFiles } from '../../../../adapters/files/polled/seen.ts'
import { FilesSender } from '../../../../adapters/files/polled/sender.ts'
import { KeptConnection } from '../../../../adapters/kit/remote/kept-connection.ts'
import { MemoryServer } from '../../archive/lib/memory-files.ts'
import { smallCity, TestHouse } from '../../oa/lib/house.ts'

const unit = (id: string, name: string, system: string) =>
  unitSchema.parse({ id, name, aliases: [], groups: ['department'], codes: [], system })

const never = new AbortController().signal

/** A legacy system whose own server we go to, for the unit `tax`; the station can be killed at any operation. */
export class PolledRig {
  readonly t: TestHouse
  readonly server = new MemoryServer()

  private constructor(t: TestHouse) {
    this.t = t
    for (const folder of ['out', 'in', 'receipts', 'errors']) this.server.tree.set(folder, undefined)
  }

  /** @param profiles a folder of profiles beside the project’s own */
  static async open(settings: Readonly<Record<string, unknown>> = {}, profiles?: string): Promise<PolledRig> {
    const base = smallCity()
    const system = systemSchema.parse({
      id: 'legacy',
      name: '旧系统',
      adapter: 'files',
      settings: { folder: { path: '/nowhere' }, ready: 'rename', ...settings },
      pollMs: 10,
    })
    const city = {
      ...base,
      systems: [...base.systems, system],
      units: [...base.units, unit('tax', '市税务局', 'legacy'), unit('land', '市国土局', 'oa-yizhan')],
    }
    return new PolledRig(await TestHouse.open(city, profiles))
  }

  /**
   * A station, until it is killed: with what it finds on its disk. @param cutAt as MemoryServer.connect has it; after
   * that operation nothing is done any more
   */
  station(cutAt?: number, carriedOut?: boolean): { round(): Promise<'good' | 'waiting'>; readonly sender: Sender } {
    const { house } = this.t
    const folder = house.folder('legacy')
    const whole = new PolledPlace(house, 'legacy')
    const files = this.server.connect(cutAt, carriedOut)
    const place: PolledPlaceParts = {
      settings: new FilesSettings(house, 'legacy'),
      connection: new KeptConnection(() => Promise.resolve(files), 60_000),
      seen: new SeenFiles(folder),
      prepared: new PreparedPuts(folder),
      caller: whole.caller,
      units: whole.units,
    }
    const rounds = new OutRounds({ house, place, judge: new Judge(house, place.settings) })
    return { round: () => rounds.round(files, never), sender: new FilesSender(house, place) }
  }

  /** A round that nothing disturbs. */
  round(): Promise<'good' | 'waiting'> {
    return this.station().round()
  }

  below(folder: string): string[] {
    return this.server.files().filter((path) => path.startsWith(`${folder}/`))
  }

  text(path: string): string {
    return this.server.tree.get(path)?.toString('utf8') ?? ''
  }

  /** Titles of the documents that were accepted since the last time. */
  async accepted(): Promise<string[]> {
    const messages = await this.t.flow()
    return messages.flatMap((message) => (message.kind === 'document' ? [message.document.title] : []))
  }

  close(): Promise<void> {
    return this.t.close()
  }
}
