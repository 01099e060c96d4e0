import { join } from 'node:path'
import type { House } from '../../core/adapter/port.ts'
import { createUnitDirectory } from '../../core/directory/unit-directory.ts'
import { asYizhanError, YizhanError } from '../../core/errors/error.ts'
import { nameAndId, naming } from '../../core/errors/naming.ts'
import { directoryClient } from './client.ts'
import type { DirectoryConfig } from './config.ts'
import { openFormerNames, type FormerNames } from './former-names.ts'
import { openKeeper, type DirectoryKeeper } from './keeper.ts'
import { loginCheck, type LoginCheck } from './login.ts'
import { linkUnits, snapshotPeople, type FindUnit, type SnapshotPeople } from './people.ts'
import type { DirectoryUnit } from './model.ts'
import { pollDirectory } from './poll.ts'
import { snapshotStore } from './snapshot.ts'
import { directorySync } from './sync.ts'
import { openTelling, type Telling } from './telling.ts'

/** What a snapshot says of our units. */
export interface View {
  /** the directory's unit by the id of units.tsv */
  readonly units: ReadonlyMap<string, DirectoryUnit>
  readonly people: SnapshotPeople
}

type SystemHouse = Pick<House, 'city' | 'secret' | 'folder' | 'clock' | 'emit' | 'door'>

interface Opened {
  readonly keeper: DirectoryKeeper
  readonly telling: Telling
  readonly former: FormerNames
}

/** Opens what was kept of a system: it serves before the directory has answered, and for as long as it does not. */
export async function openDirectorySystem(
  house: SystemHouse,
  config: DirectoryConfig,
  name: string,
  changed: () => void,
): Promise<DirectorySystem> {
  const { id } = config
  const folder = house.folder(id)
  const client = directoryClient(config, () => house.secret(`${id}.password`))
  const keeper = await openKeeper({
    id,
    sync: directorySync(config, client, house.clock),
    store: snapshotStore(join(folder, 'snapshots')),
    clock: house.clock,
    emit: house.emit,
  })
  const find = finder(house)
  const former = await openFormerNames(folder)
  const told = () => ({
    system: { id, name },
    station: house.city().station.name,
    now: house.clock.now(),
    find: find(),
  })
  const telling = await openTelling({ store: snapshotStore(join(folder, 'told')), former, take: house.door.take, told })
  const login = config.login === undefined ? undefined : loginCheck({ config, client })
  return new DirectorySystem({ house, name, config, changed, find, login }, { keeper, telling, former })
}

interface SystemParts {
  readonly house: SystemHouse
  /** what people call it */
  readonly name: string
  readonly config: DirectoryConfig
  /** told when the snapshot in force is another */
  readonly changed: () => void
  readonly find: () => FindUnit
  readonly login: LoginCheck | undefined
}

/** A system of systems.yaml with adapter `directory`. */
export class DirectorySystem {
  readonly #parts: SystemParts
  readonly #opened: Opened
  readonly #closing = new AbortController()
  #polling: { close(): Promise<void> } | undefined
  #view: { readonly of: unknown; readonly view: View } | undefined
  /** revision of the snapshot whose names are in force */
  #announced: string | undefined
  #failing = false

  constructor(parts: SystemParts, opened: Opened) {
    this.#parts = parts
    this.#opened = opened
  }

  get login(): ((name: string, password: string) => ReturnType<LoginCheck['check']>) | undefined {
    const { login } = this.#parts
    return login === undefined ? undefined : (name, password) => login.check(name, password, this.#closing.signal)
  }

  /** Undefined before the first synchronisation ever. */
  view(): View | undefined {
    const snapshot = this.#opened.keeper.current()?.snapshot
    if (snapshot === undefined) return undefined
    const find = this.#parts.find()
    const of = `${snapshot.revision} ${this.#parts.house.city().revision}`
    if (this.#view?.of !== of)
      this.#view = { of, view: { units: linkUnits(snapshot, find).units, people: snapshotPeople(snapshot) } }
    return this.#view.view
  }

  /** What the directory calls our units, and called them before. */
  names(): ReadonlyMap<string, readonly string[]> {
    const units = [...(this.view()?.units ?? [])]
    return new Map(units.map(([ours, { id, name }]) => [ours, [name, ...this.#opened.former.of(id)]]))
  }

  start(): void {
    const { house, name, config } = this.#parts
    this.#polling ??= pollDirectory({
      id: config.id,
      name,
      keeper: this.#opened.keeper,
      everyMs: config.sync.everyMs,
      clock: house.clock,
      emit: house.emit,
      settle: () => this.#settle(),
    })
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new YizhanError('SYSTEM_TIMEOUT', { field: this.#parts.config.id, rule: '站点停止 / the station stops' }),
    )
    await this.#polling?.close()
  }

  async #settle(): Promise<void> {
    const { house, name, config, changed } = this.#parts
    const snapshot = this.#opened.keeper.current()?.snapshot
    if (snapshot === undefined) return
    const { telling } = this.#opened
    try {
      if (snapshot.revision !== this.#announced) {
        // Names first, old ones and new: a flow that hears of a change can use both.
        await telling.keepNames(snapshot)
        changed()
      }
      this.#announced = snapshot.revision
      await telling.tell(snapshot)
      if (this.#failing)
        house.emit.emit({
          code: 'poll.recovered',
          at: house.clock.now(),
          system: config.id,
          detail: 'directory-changes',
        })
      this.#failing = false
    } catch (thrown) {
      // Above a watermark, for instance: the next round tries again, and nothing counts as told until then.
      const error = asYizhanError(thrown)
      if (!this.#failing)
        house.emit.emit({
          code: 'poll.failed',
          at: house.clock.now(),
          system: config.id,
          error: error.code,
          detail: `directory-changes: ${naming(error, config, nameAndId({ id: config.id, name })).message}`,
        })
      this.#failing = true
    }
  }
}

/** Names and codes of the configuration alone: linked by names of its own, the directory would confirm itself. */
function finder(house: Pick<House, 'city'>): () => FindUnit {
  let made: { readonly revision: string; readonly find: FindUnit } | undefined
  return () => {
    const city = house.city()
    if (made?.revision !== city.revision) {
      const directory = createUnitDirectory(city)
      made = { revision: city.revision, find: (text) => directory.find(text) }
    }
    return made.find
  }
}
