import { accountSecret, neededSecrets, STATION_SECRETS, type NeededSecret } from '../core/config/needed-secrets.ts'
import type { CityConfig, SystemConfig } from '../core/config/schema.ts'
import type { LiveSecrets } from '../core/config/secrets.ts'
import type { EventSink, YizhanEvent } from '../core/events/event.ts'
import type { Clock } from '../core/util/clock.ts'
import { MANIFESTS } from './adapters.ts'

/** How often the file is looked at, milliseconds: a change counts when it was left alone from one look to the next. */
const LOOK_MS = 500
/** An account that goes on with its old password is told so often, milliseconds. */
const OLD_MS = 24 * 3600_000

/** Counts with the next connection to the broker: those that are open stay. */
const NEXT_CONNECTION: ReadonlySet<string> = new Set(['bus.password'])
/** The key under which Node-RED has encrypted the credentials of flows: its process is given it at the start. */
const RESTART: ReadonlySet<string> = new Set(['editor.credentials', 'audit.key', 'ledger.password'])

/** What operators see of the secrets: names, never a secret. */
export interface SecretsState {
  readonly missing: readonly NeededSecret[]
  readonly old: readonly OldPassword[]
  /** changed, and counting after a restart only */
  readonly restart: readonly string[]
}

export interface OldPassword {
  readonly name: string
  /** when the old one ends, ISO 8601 */
  readonly until: string
  readonly ended: boolean
  /** since this station was started: when it was used last, and from where */
  readonly usedAt?: string | undefined
  readonly usedFrom?: string | undefined
}

interface DeskParts {
  readonly secrets: LiveSecrets
  readonly city: () => CityConfig
  readonly clock: Clock
  readonly sink: EventSink
  /** secrets are others now: of accounts, and of systems, by id */
  readonly changed: (accounts: readonly string[], systems: ReadonlySet<string>) => void
}

/** Follows the secrets: reads them again, says what is missing, and who still uses an old one. */
export class SecretsDesk {
  readonly #parts: DeskParts
  readonly #used = new Map<string, { readonly at: number; readonly from: string; told: number }>()
  readonly #ended = new Set<string>()
  readonly #restart = new Set<string>()
  #missing: readonly NeededSecret[] = []
  /** the file was wrong when it was read last */
  #rejected = false
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> = Promise.resolve()

  constructor(parts: DeskParts) {
    this.#parts = parts
  }

  /** Says what is missing, and looks at the file from now on. */
  start(): void {
    this.settle()
    this.#timer = setInterval(() => {
      this.#looking = this.#looking.then(() => this.look())
    }, LOOK_MS)
    this.#timer.unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#looking
  }

  /** @param urgent the configuration is read now: the secrets that were saved with it are to be there */
  async look(urgent = false): Promise<void> {
    const found = await this.#parts.secrets.look(urgent)
    if (found === undefined) {
      this.#tellEnded()
      return
    }
    if ('refused' in found) {
      this.#rejected = true
      const detail = found.refused.problems.map(({ field, rule }) => `${field}: ${rule}`).join('; ')
      this.#emit({ code: 'secrets.rejected', actor: 'secrets', error: 'CONFIG_INVALID', detail })
      return
    }
    if (found.changed.length > 0) this.#take(found.changed)
    else if (this.#rejected)
      this.#emit({ code: 'secrets.reloaded', actor: 'secrets', detail: '已改回 put back: as those in force' })
    this.#rejected = false
  }

  /** After a change of the configuration or of the secrets: says who is off, and who is on again. */
  settle(): void {
    const missing = this.#lacking()
    const names = (list: readonly NeededSecret[]) => new Set(list.map(({ name }) => name))
    const [before, now] = [names(this.#missing), names(missing)]
    const lost = missing.filter(({ name }) => !before.has(name))
    const found = this.#missing.filter(({ name }) => !now.has(name))
    this.#missing = missing
    if (lost.length > 0) this.#emit({ code: 'secrets.missing', actor: 'secrets', detail: listed(lost) })
    if (found.length > 0) {
      const still = missing.length === 0 ? '' : `；仍缺 still missing: ${listed(missing)}`
      this.#emit({ code: 'secrets.found', actor: 'secrets', detail: `${listed(found)}${still}` })
    }
    this.#tellEnded()
  }

  /** A system that lacks a secret is neither called nor announced to: what is for it waits. */
  isOff({ id }: Pick<SystemConfig, 'id'>): boolean {
    return this.#lacking().some(({ of }) => 'system' in of && of.system === id)
  }

  usedOld(account: string, from: string, until: number): void {
    const at = this.#parts.clock.now()
    const told = this.#used.get(account)?.told
    const due = told === undefined || at - told >= OLD_MS
    this.#used.set(account, { at, from, told: due ? at : told })
    if (due)
      this.#emit({
        code: 'secrets.old-used',
        actor: account,
        detail: `${from}，至 until ${new Date(until).toISOString()}`,
      })
  }

  /** the names that are missing */
  get missing(): readonly string[] {
    return this.#missing.map(({ name }) => name)
  }

  get state(): SecretsState {
    const now = this.#parts.clock.now()
    return {
      missing: this.#missing,
      old: this.#replaced().map(({ name, until }) => {
        const used = this.#used.get(name.slice(accountSecret('').length))
        return {
          name,
          until: new Date(until).toISOString(),
          ended: now > until,
          ...(used === undefined ? {} : { usedAt: new Date(used.at).toISOString(), usedFrom: used.from }),
        }
      }),
      restart: [...this.#restart],
    }
  }

  #take(changed: readonly string[]): void {
    const names = changed.map(baseOf)
    const restart = names.filter((name) => RESTART.has(name))
    const later = names.filter((name) => NEXT_CONNECTION.has(name))
    const now = changed.filter((name) => !RESTART.has(baseOf(name)) && !NEXT_CONNECTION.has(baseOf(name)))
    for (const name of restart) this.#restart.add(name)
    const detail = [
      ...(now.length > 0 ? [`即时生效 count now: ${now.join(', ')}`] : []),
      ...(later.length > 0 ? [`下次连接生效 with the next connection: ${later.join(', ')}`] : []),
    ].join('; ')
    if (detail !== '') this.#emit({ code: 'secrets.reloaded', actor: 'secrets', detail })
    if (restart.length > 0)
      this.#emit({ code: 'secrets.restart', actor: 'secrets', detail: [...new Set(restart)].join(', ') })
    for (const name of names) {
      this.#ended.delete(name)
      this.#used.delete(name.slice(accountSecret('').length))
    }
    const needed = this.#needed().filter(({ name }) => names.includes(name))
    this.#parts.changed(
      needed.flatMap(({ of }) => ('account' in of ? [of.account] : [])),
      new Set(needed.flatMap(({ of }) => ('system' in of ? [of.system] : []))),
    )
    this.settle()
  }

  #tellEnded(): void {
    const now = this.#parts.clock.now()
    for (const { name, until } of this.#replaced()) {
      if (now <= until || this.#ended.has(name)) continue
      this.#ended.add(name)
      this.#emit({
        code: 'secrets.old-ended',
        actor: 'secrets',
        detail: `${name}.old，${new Date(until).toISOString()}；可从密钥文件中删去 / may be removed from the secrets file`,
      })
    }
  }

  #needed(): readonly NeededSecret[] {
    return neededSecrets(this.#parts.city(), MANIFESTS)
  }

  #lacking(): readonly NeededSecret[] {
    return this.#needed().filter(({ name }) => !this.#parts.secrets.has(name))
  }

  #replaced() {
    return this.#parts.secrets.replaced([...new Set([...STATION_SECRETS, ...this.#needed().map(({ name }) => name)])])
  }

  #emit(event: Omit<YizhanEvent, 'at'>): void {
    this.#parts.sink.emit({ ...event, at: this.#parts.clock.now() })
  }
}

/** `account.a.old.until` is part of `account.a`. */
function baseOf(name: string): string {
  return name.replace(/\.old(?:\.until)?$/, '')
}

function listed(secrets: readonly NeededSecret[]): string {
  return secrets
    .map(({ name, of }) =>
      'account' in of ? `${name}（账号 account ${of.account}）` : `${name}（系统 system ${of.system}）`,
    )
    .join('、')
}
