import type { AlarmFinding } from '../../core/alarm/engine.ts'
import type { AlarmRule } from '../../core/alarm/config.ts'
import type { Bus } from '../../core/bus/port.ts'
import type { SystemStats } from '../../core/delivery/parts.ts'
import type { Backlog } from '../../core/ledger/port.ts'

/** What the station knows of itself, asked at each look. */
export interface Conditions {
  readonly systems: () => readonly Pick<SystemStats, 'id' | 'breaker'>[]
  readonly backlog: () => Promise<Backlog>
  readonly bus: () => Bus['state']
  /** subscriptions that no flow serves */
  readonly unserved: () => readonly string[]
  /** why nothing is accepted */
  readonly refusing: () => string | undefined
  readonly secretsMissing: () => readonly string[]
  readonly nameOf: (system: string) => string | undefined
}

interface Seen {
  readonly object: string
  readonly detail: string
  readonly times?: number
}

/** Which states hold, for the rules about states, and since when: as far as this process has seen. */
export class StatesHeld {
  readonly #since = new Map<string, number>()

  async look(rules: readonly AlarmRule[], conditions: Conditions, now: number): Promise<AlarmFinding[]> {
    const asked = rules.some(({ when }) => when === 'backlog' || when === 'dead-letters' || when === 'no-flow')
    const backlog = asked ? await conditions.backlog() : undefined
    const findings: AlarmFinding[] = []
    for (const rule of rules)
      for (const { object, detail, times = 1 } of seen(rule, conditions, backlog)) {
        const key = `${rule.id}@${object}`
        const since = this.#since.get(key) ?? now
        findings.push({ rule: rule.id, object, name: conditions.nameOf(object) ?? object, since, times, detail })
      }
    const held = new Map(findings.map(({ rule, object, since }) => [`${rule}@${object}`, since]))
    this.#since.clear()
    for (const [key, since] of held) this.#since.set(key, since)
    return findings
  }
}

function seen(rule: AlarmRule, conditions: Conditions, backlog: Backlog | undefined): Seen[] {
  const wanted = (system: string): boolean =>
    !('systems' in rule) || rule.systems === undefined || rule.systems.includes(system)
  switch (rule.when) {
    case 'system-down':
      return conditions
        .systems()
        .filter(({ id, breaker }) => breaker !== 'closed' && wanted(id))
        .map(({ id }) => ({ object: id, detail: '不通，投递等候 / down: what is for it waits' }))
    case 'backlog':
      return Object.entries(backlog?.deliveries ?? {})
        .filter(([id, count]) => count > rule.more && wanted(id))
        .map(([id, count]) => ({ object: id, times: count, detail: `积压 ${count} 件 / ${count} waiting` }))
    case 'dead-letters': {
      const dead = backlog?.dead ?? 0
      return dead > rule.more ? [{ object: '', times: dead, detail: `死信 ${dead} 件 / ${dead} dead letters` }] : []
    }
    case 'no-flow': {
      const unserved = new Set(conditions.unserved())
      return (backlog?.subscriptions ?? [])
        .filter(({ name, open }) => open > 0 && unserved.has(name))
        .map(({ name, open }) => ({
          object: name,
          times: open,
          detail: `${open} 件无流程处理 / ${open} messages that no flow serves`,
        }))
    }
    case 'bus-lost':
      return conditions.bus() === 'connected'
        ? []
        : [{ object: '', detail: `消息总线 ${conditions.bus()} / the bus is ${conditions.bus()}` }]
    case 'refusing': {
      const why = conditions.refusing()
      return why === undefined ? [] : [{ object: '', detail: `不收文 / nothing is accepted: ${why}` }]
    }
    case 'secrets-missing':
      return conditions.secretsMissing().map((name) => ({ object: name, detail: '缺密钥 / the secret is missing' }))
    case 'event':
      return []
  }
}
