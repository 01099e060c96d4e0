import type { AlarmRule } from '../../core/alarm/config.ts'
import type { AlarmFinding } from '../../core/alarm/engine.ts'
import { EVENTS, type EventCode } from '../../core/events/catalogue.ts'
import type { YizhanEvent } from '../../core/events/event.ts'

/** A rule counts apart what happens to so many systems and places; what goes beyond counts together. */
const MOST_OBJECTS = 200

type EventRule = Extract<AlarmRule, { when: 'event' }>

interface Counted {
  readonly rule: EventRule
  readonly object: string
  /** when the last ones happened, as many as the rule asks for; oldest first */
  readonly last: number[]
  total: number
  detail: string
}

/** Counts events for the rules about events. Bounded: a few numbers for each rule and object. */
export class Happenings {
  #rules = new Map<EventCode, EventRule[]>()
  #known: readonly AlarmRule[] = []
  readonly #counted = new Map<string, Counted>()

  follow(rules: readonly AlarmRule[]): void {
    if (rules === this.#known) return
    this.#known = rules
    this.#rules = new Map()
    const ids = new Set<string>()
    for (const rule of rules) {
      if (rule.when !== 'event') continue
      ids.add(rule.id)
      for (const code of rule.codes) this.#rules.set(code, [...(this.#rules.get(code) ?? []), rule])
    }
    for (const [key, { rule }] of this.#counted) if (!ids.has(rule.id)) this.#counted.delete(key)
  }

  /** never throws, takes no time for what no rule asks about */
  heard(event: YizhanEvent): void {
    const rules = this.#rules.get(event.code)
    if (rules === undefined) return
    for (const rule of rules) {
      if (rule.systems !== undefined && !rule.systems.includes(event.system ?? '')) continue
      this.#count(rule, event)
    }
  }

  /** What has happened often enough lately. */
  look(now: number, nameOf: (system: string) => string | undefined): AlarmFinding[] {
    const findings: AlarmFinding[] = []
    for (const [key, { rule, object, last, total, detail }] of this.#counted) {
      const newest = last.at(-1) ?? 0
      const oldest = last[0] ?? 0
      const isOften = last.length === rule.times && newest - oldest <= rule.withinMinutes * 60_000
      if (now - newest > rule.withinMinutes * 60_000) this.#counted.delete(key)
      else if (isOften)
        findings.push({ rule: rule.id, object, name: nameOf(object) ?? object, since: oldest, times: total, detail })
    }
    return findings
  }

  #count(rule: EventRule, { code, at, system, place, detail, error, times = 1 }: YizhanEvent): void {
    const wanted = system ?? place ?? ''
    const isKnown = this.#counted.has(`${rule.id}@${wanted}`)
    const object = isKnown || this.#counted.size < MOST_OBJECTS ? wanted : ''
    const key = `${rule.id}@${object}`
    const counted = this.#counted.get(key) ?? { rule, object, last: [], total: 0, detail: '' }
    this.#counted.set(key, counted)
    for (let n = 0; n < Math.min(times, rule.times); n++) counted.last.push(at)
    counted.last.splice(0, counted.last.length - rule.times)
    counted.total += times
    const { zh, en } = EVENTS[code]
    counted.detail = [`${zh} / ${en}`, error, detail]
      .filter((part) => part !== undefined)
      .join('：')
      .slice(0, 300)
  }
}
