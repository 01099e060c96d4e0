import { describe, expect, it } from 'vitest'
import { wayOf } from '../../../console/way.ts'

const step = (code: string, more: object = {}) => ({
  ...{ at: 1, times: 1, code, what: { zh: code, en: code }, state: 'done' as const },
  ...more,
})

describe('the way of a document', () => {
  it('passes from where it entered by flows and deliveries to what came of it', () => {
    const unit = { id: 'jia', name: '甲局' }
    const way = wayOf({
      steps: [
        step('message.accepted', { kind: 'document', system: { id: 'oa', name: '市府 OA' } }),
        step('hop.failed', { place: 'issue', state: 'waiting' }),
        step('dead-letter.added', { place: 'issue', state: 'failed' }),
        step('hop.committed', { place: 'issue' }),
        step('delivery.retry', { unit, state: 'waiting', times: 797 }),
        step('delivery.delivered', { unit }),
        step('message.accepted', { kind: 'receipt', unit }),
      ],
    })
    expect(way.entered.map(({ name }) => name)).toEqual(['市府 OA'])
    expect(way.flows).toMatchObject([{ name: 'issue', times: 3, last: { code: 'hop.committed' } }])
    expect(way.deliveries).toMatchObject([{ name: '甲局', times: 798, last: { state: 'done' } }])
    expect(way.outcomes).toMatchObject([{ name: '甲局', times: 1 }])
  })
})
