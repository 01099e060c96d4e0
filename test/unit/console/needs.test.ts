import { describe, expect, it } from 'vitest'
import { needsOf } from '../../../console/needs.ts'
import { byNeed, merged } from '../../../console/states.ts'

const NOW = Date.parse('2026-03-02T00:00:00Z')
const DAY = 86_400_000
const calm = {
  deadLetters: { count: 0, causes: [] },
  ...{ inDoubt: 0, paper: 0, petitions: 0, held: 0 },
  configuration: { revision: 'r', since: NOW },
  disk: { freeBytes: 5e9, totalBytes: 1e10, low: false },
  ...{ certificates: [], waitingFor: [], secretsMissing: [], bus: 'connected' as const },
}

describe('what needs a person', () => {
  it('is nothing on a quiet day', () => {
    expect(needsOf(calm, NOW, 'zh')).toEqual([])
  })

  it('is said with its causes, the gravest first', () => {
    const text = { zh: '地址不对', en: 'wrong address' }
    const causes = [{ code: 'X', text, place: '甲局 OA', count: 3, firstAt: NOW }]
    const needs = needsOf(
      {
        ...calm,
        ...{ deadLetters: { count: 3, causes }, held: 1, bus: 'lost' },
        configuration: { ...calm.configuration, rejected: { at: NOW, problems: ['units.tsv:3'] } },
      },
      NOW,
      'en',
    )
    expect(needs.map(({ key }) => key)).toEqual(['bus', 'configuration', 'dead', 'held'])
    expect(needs[2]).toMatchObject({ count: 3, to: '/dead-letters', lines: ['3 × 甲局 OA：wrong address'] })
  })

  it('is urgent where a certificate ends within a week', () => {
    const ending = (days: number) => ({ ...calm, certificates: [{ name: 'http.tls', endsAt: NOW + days * DAY }] })
    expect(needsOf(ending(20), NOW, 'zh')[0]?.tone).toBe('warning')
    expect(needsOf(ending(6), NOW, 'zh')[0]?.tone).toBe('danger')
  })
})

describe('rows of systems', () => {
  const row = (id: string, state: 'up' | 'slow' | 'down' | 'paused', queue = 0) => ({
    ...{ id, name: id, adapter: 'oa', roles: [], state, since: NOW, queue },
    ...{ pickup: 0, dead: 0, perMinute: 0, delivered: 0, failed: 0 },
  })

  it('stand by who needs a person first', () => {
    const rows = [row('a', 'up'), row('b', 'up', 9), row('c', 'slow'), row('d', 'paused'), row('e', 'down')]
    expect(byNeed(rows).map(({ id }) => id)).toEqual(['e', 'd', 'c', 'b', 'a'])
  })

  it('are replaced where they are by what is new', () => {
    const news = merged([row('a', 'up'), row('b', 'up')], [row('b', 'down'), row('c', 'up')])
    expect(news.map(({ id, state }) => `${id} ${state}`)).toEqual(['a up', 'b down', 'c up'])
  })
})
