import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { alertsSchema, type AlertsConfig } from '../../../core/alarm/config.ts'
import { acknowledge, advance, type AlarmState, type AlarmFinding } from '../../../core/alarm/engine.ts'

const MINUTE = 60_000
const START = Date.parse('2026-12-01T10:00:00+08:00')
const NOTHING: AlarmState = { alarms: [], outbox: [] }

const config = alertsSchema.parse({
  people: [
    { id: 'zhang', name: '值班员甲', phone: '13800000001' },
    { id: 'li', name: '值班员乙', phone: '13800000002' },
  ],
  roster: [{ people: ['zhang'] }],
  ways: [
    { id: 'sms', kind: 'notice', system: 'sms' },
    { id: 'hook', kind: 'webhook', url: 'http://127.0.0.1:9/' },
    { id: 'bus', kind: 'bus' },
  ],
  steps: [{ ways: ['sms', 'hook'] }, { afterMinutes: 15, to: ['li'], ways: ['sms'] }],
  rules: [
    { id: 'down', when: 'system-down', minutes: 2, severity: 'critical' },
    { id: 'often', when: 'event', codes: ['poll.failed'], times: 3, overMinutes: 30 },
    { id: 'bus', when: 'bus-lost', steps: [{ ways: ['bus', 'sms'] }] },
  ],
})

const found = (rule: string, object: string, since: number): AlarmFinding => ({
  ...{ rule, object, name: object, since, times: 1, detail: '不通 / down' },
})

/** Looks made one after the other. */
class Story {
  state = NOTHING
  readonly told: string[] = []
  readonly changes: string[] = []
  readonly #config: AlertsConfig
  constructor(used: AlertsConfig = config) {
    this.#config = used
  }
  look(minute: number, ...findings: AlarmFinding[]): void {
    const before = new Set(this.state.outbox.map(({ id }) => id))
    const { state, changes } = advance(this.state, findings, this.#config, START + minute * MINUTE)
    for (const { id, what, people, ways } of state.outbox)
      if (!before.has(id)) this.told.push(`${minute} ${what} ${people.join('+')} ${ways.join('+')}`)
    for (const { what, alarm } of changes) this.changes.push(`${minute} ${what} ${alarm.rule}@${alarm.object}`)
    this.state = state
  }
}

describe('an alarm', () => {
  it('opens when it has held long enough, goes on where nobody acknowledges, and says when it is over', () => {
    const story = new Story()
    const down = found('down', 'oa', START)
    for (const minute of [0, 1, 2, 3, 10, 17, 18, 40]) story.look(minute, down)
    story.look(41)
    story.look(42)
    expect(story.told).toEqual(['2 raised zhang sms+hook', '17 escalated li sms', '41 over zhang+li sms+hook'])
    expect(story.changes).toEqual(['2 raised down@oa', '17 escalated down@oa', '41 over down@oa'])
  })

  it('that somebody has in hand goes on to nobody else', () => {
    const story = new Story()
    const down = found('down', 'oa', START)
    story.look(2, down)
    const [alarm] = story.state.alarms
    story.state = acknowledge(story.state, alarm?.id ?? '', 'zhang', START + 3 * MINUTE)
    story.state = acknowledge(story.state, alarm?.id ?? '', 'li', START + 4 * MINUTE)
    expect(story.state.alarms[0]?.acknowledged?.by).toBe('zhang')
    story.look(60, down)
    story.look(61)
    expect(story.told).toEqual(['2 raised zhang sms+hook', '61 over zhang sms+hook'])
  })

  it('is never told by what is itself the trouble', () => {
    const story = new Story()
    story.look(2, found('down', 'sms', START), found('bus', '', START))
    expect(story.told).toEqual(['2 raised zhang hook', '2 raised zhang sms'])
  })

  it('is one, with a count, however often it happens; and another once it was over', () => {
    const story = new Story()
    story.look(0, { ...found('often', 'docxg', START), times: 3 })
    story.look(5, { ...found('often', 'docxg', START), times: 80 })
    story.look(30)
    expect(story.state.alarms).toMatchObject([{ times: 80 }])
    expect(story.state.alarms[0]).not.toHaveProperty('overAt')
    story.look(36)
    story.look(90, { ...found('often', 'docxg', START), times: 3 })
    const ends = story.changes.filter((change) => !change.includes('escalated'))
    expect(ends).toEqual(['0 raised often@docxg', '36 over often@docxg', '90 raised often@docxg'])
    expect(new Set(story.state.alarms.map(({ id }) => id)).size).toBe(2)
  })

  it('waits for the end of quiet hours, but for what is critical', () => {
    const night = { ...config, quiet: { from: '22:00', to: '07:00', severities: ['warning' as const] } }
    const story = new Story(night)
    const late = 13 * 60 // 23:00
    const both = [found('down', 'oa', START), found('often', 'docxg', START + late * MINUTE)]
    for (const minute of [late, late + 60, 21 * 60 - 1, 21 * 60]) story.look(minute, ...both)
    expect(story.told.filter((line) => line.includes('raised'))).toEqual([
      `${late} raised zhang sms+hook`,
      `${21 * 60} raised zhang sms+hook`,
    ])
  })

  it('of a rule that is no longer there is over', () => {
    const story = new Story()
    story.look(2, found('down', 'oa', START))
    const { state, changes } = advance(story.state, [], { ...config, rules: [] }, START + 3 * MINUTE)
    expect(changes.map(({ what }) => what)).toEqual(['over'])
    expect(state.alarms[0]?.overAt).toBe(START + 3 * MINUTE)
  })

  it('is told once at each level, whatever is looked at again after a kill', () => {
    const steps = fc.array(
      fc.record({
        minutes: fc.integer({ min: 0, max: 20 }),
        down: fc.boolean(),
        lost: fc.boolean(),
        killed: fc.boolean(),
      }),
      { maxLength: 40 },
    )
    fc.assert(
      fc.property(steps, (looks) => {
        let now = START
        let state = NOTHING
        let since: number | undefined
        const told = new Map<string, string>()
        for (const { minutes, down, lost, killed } of looks) {
          now += minutes * MINUTE
          since = down ? (since ?? now) : undefined
          const findings = [
            ...(since === undefined ? [] : [found('down', 'oa', since)]),
            ...(lost ? [found('bus', '', START)] : []),
          ]
          const next = advance(state, findings, config, now).state
          // killed before it was kept: the same look is made again, and says the same
          if (killed) expect(advance(state, findings, config, now).state).toEqual(next)
          expect(advance(next, findings, config, now).state).toEqual(next)
          state = next
          for (const { id, what } of state.outbox) told.set(id, what)
        }
        const ids = state.outbox.map(({ id }) => id)
        expect(new Set(ids).size).toBe(ids.length)
        for (const { tellings, overAt } of state.alarms) {
          expect(tellings.filter(({ what }) => what === 'raised').length).toBeLessThanOrEqual(1)
          expect(tellings.filter(({ what }) => what === 'escalated').length).toBeLessThanOrEqual(1)
          expect(tellings.filter(({ what }) => what === 'over').length).toBeLessThanOrEqual(
            overAt === undefined ? 0 : 1,
          )
        }
        const open = state.alarms
          .filter(({ overAt }) => overAt === undefined)
          .map(({ rule, object }) => `${rule}@${object}`)
        expect(new Set(open).size).toBe(open.length)
      }),
    )
  })
})
