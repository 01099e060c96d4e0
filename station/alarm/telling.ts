import type { NoticeAddress } from '../../core/message/notice.ts'
import type { AlarmPerson, AlarmWay, AlertsConfig } from '../../core/alarm/config.ts'
import type { Alarm, AlarmTelling } from '../../core/alarm/engine.ts'
import { tellingSubject, tellingText } from '../../core/alarm/words.ts'
import type { Bus } from '../../core/bus/port.ts'
import { asError } from '../../core/errors/error.ts'
import type { AlarmNotices } from './notices.ts'
import type { Webhooks } from './webhook.ts'

export interface TellerParts {
  readonly config: () => AlertsConfig
  readonly station: string
  readonly exchange: () => string
  readonly notices: Pick<AlarmNotices, 'send'>
  readonly bus: Pick<Bus, 'broadcast' | 'connected'>
  readonly hooks: Pick<Webhooks, 'post'>
  readonly secret: (name: string) => string
  /** the address by which a system's notices go */
  readonly noticeTo: (system: string) => NoticeAddress | undefined
  /** whether a system takes deliveries now */
  readonly isUp: (system: string) => boolean
}

export interface AlarmTold {
  /** ways that have taken it, with how many people */
  readonly by: readonly string[]
  /** why the others did not */
  readonly missed: readonly string[]
}

/**
 * Tells one thing by its ways: the first that is sound and has the person's address, or all of them. A way that has
 * taken it makes it arrive by itself (the ledger's deliveries), or has answered (webhook, bus).
 */
export class Teller {
  readonly #parts: TellerParts

  constructor(parts: TellerParts) {
    this.#parts = parts
  }

  /** Never rejects: what no way has taken is empty in `by`, and may be told again under the same ids. */
  async tell(alarm: Alarm, telling: AlarmTelling): Promise<AlarmTold> {
    const { people, ways } = this.#parts.config()
    const by: string[] = []
    const missed: string[] = []
    let waiting = people.filter(({ id }) => telling.people.includes(id))
    const given = telling.ways.flatMap((id) => ways.filter((way) => way.id === id))
    // A system that is down would keep it until it is back: it is used where there is nothing better.
    const ordered = [...given.filter((way) => this.#isSound(way)), ...given.filter((way) => !this.#isSound(way))]
    for (const way of ordered) {
      try {
        const reached = await this.#by(way, alarm, telling, waiting)
        if (reached === undefined) {
          by.push(way.id)
          if (!telling.all) return { by, missed }
          continue
        }
        if (reached.length > 0) by.push(`${way.id} ${reached.map(({ id }) => id).join(', ')}`)
        if (!telling.all) waiting = waiting.filter((person) => !reached.includes(person))
        if (!telling.all && waiting.length === 0 && by.length > 0) return { by, missed }
      } catch (error) {
        missed.push(`${way.id}: ${asError(error).message}`)
      }
    }
    return { by, missed }
  }

  #isSound(way: AlarmWay): boolean {
    if (way.kind === 'bus') return this.#parts.bus.connected
    return way.kind === 'webhook' || this.#parts.isUp(way.system)
  }

  /** Whom it reached; undefined where it goes to no person in particular. */
  async #by(
    way: AlarmWay,
    alarm: Alarm,
    telling: AlarmTelling,
    people: readonly AlarmPerson[],
  ): Promise<readonly AlarmPerson[] | undefined> {
    const { station, notices, bus, hooks, secret, exchange } = this.#parts
    const text = tellingText(alarm, telling, station)
    switch (way.kind) {
      case 'notice': {
        const by = this.#parts.noticeTo(way.system)
        const reached = people.filter((person) => by !== undefined && person[by] !== undefined)
        for (const { id, name, ...addresses } of reached)
          await notices.send({
            ...{ telling: telling.id, alarm: alarm.id, system: way.system, text },
            person: { id, name, ...(by === undefined ? {} : { [by]: addresses[by] }) },
            subject: tellingSubject(alarm, telling),
            isUrgent: alarm.severity === 'critical' && telling.what !== 'over',
          })
        return reached
      }
      case 'bus':
        await bus.broadcast([
          {
            ...{ exchange: exchange(), key: `${telling.what}.${alarm.severity}.${alarm.rule}`, id: telling.id },
            ...{ type: 'yizhan.alarm', contentType: 'application/json' },
            body: Buffer.from(JSON.stringify(shown(alarm, telling, station))),
          },
        ])
        return undefined
      case 'webhook':
        await hooks.post(
          { id: way.id, url: way.url, secret: way.signed ? secret(`alarm.${way.id}`) : undefined },
          telling.id,
          shown(alarm, telling, station),
        )
        return undefined
    }
  }
}

function shown(alarm: Alarm, { id, what, at }: AlarmTelling, station: string): object {
  return {
    id,
    what,
    station,
    at: new Date(at).toISOString(),
    alarm: { ...alarm, tellings: undefined, step: undefined },
  }
}
