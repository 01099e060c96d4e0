import { describe, expect, it } from 'vitest'
import { accountOf } from '../../faults/runner/counting.ts'
import type { ClientLine, ReceiverLine } from '../../faults/runner/records.ts'

const BALANCED = { lost: [], unexpected: [], duplicated: [], recognised: 0, outOfOrder: [], overtaken: [] }
let at = 0
const told = (id: string, kind: ClientLine['kind'] = 'document', rank = 4): ClientLine[] => [
  { at: ++at, what: 'sent', kind, id, rank },
  { at: ++at, what: 'acknowledged', kind, id, rank },
]
const came = (
  id: string,
  kind: ClientLine['kind'] = 'document',
  item = `${kind}-${id}`,
  what: 'taken' | 'refused' = 'taken',
): ReceiverLine => ({ at: ++at, what, item, kind, id })

describe('the account of a trial', () => {
  it('balances where all came once; what was sent and not acknowledged may come', () => {
    const client = [...told('a'), ...told('b').slice(0, 1)]
    expect(accountOf(client, [came('a'), came('b')])).toEqual({ acknowledged: 1, ...BALANCED })
    expect(accountOf(client, [came('a')])).toEqual({ acknowledged: 1, ...BALANCED })
  })

  it('finds what is lost, what nobody sent, and what came under two ids', () => {
    const client = [...told('a'), ...told('b')]
    expect(accountOf(client, [came('b', 'document', 'i1'), came('b', 'document', 'i2'), came('x')])).toMatchObject({
      lost: ['document a'],
      unexpected: ['document x'],
      duplicated: ['document b'],
      recognised: 0,
    })
  })

  it('counts apart what the receiver knows again by its id', () => {
    expect(accountOf(told('a'), [came('a'), came('a')])).toEqual({ acknowledged: 1, ...BALANCED, recognised: 1 })
  })

  it('lets a withdrawn document stay away, and wants its withdrawal where it came', () => {
    const client = [...told('a'), ...told('a', 'withdrawal')]
    expect(accountOf(client, [])).toEqual({ acknowledged: 2, ...BALANCED })
    expect(accountOf(client, [came('a')]).lost).toEqual(['withdrawal a'])
    expect(accountOf(client, [came('a'), came('a', 'withdrawal')])).toEqual({ acknowledged: 2, ...BALANCED })
  })

  it('finds a document that came after its withdrawal', () => {
    const client = [...told('a'), ...told('a', 'withdrawal')]
    expect(accountOf(client, [came('a', 'withdrawal'), came('a')]).outOfOrder).toEqual(['a'])
  })

  it('finds what left a backlog before more urgent ones, but for those on their way at once and those tried before', () => {
    const client = [
      ...told('slow', 'document', 4),
      ...told('tried', 'document', 4),
      ...['u1', 'u2', 'u3', 'u4'].flatMap((id) => told(id, 'document', 0)),
    ]
    const refused = came('tried', 'document', 'i', 'refused')
    const open = (): ReceiverLine => ({ at: ++at, what: 'open' })
    const urgent = (): ReceiverLine[] => ['u1', 'u2', 'u3', 'u4'].map((id) => came(id))
    const overtaken = (...after: ReceiverLine[]): readonly string[] =>
      accountOf(client, [refused, open(), ...after]).overtaken
    expect(overtaken(came('slow'), came('tried'), ...urgent())).toEqual(['document slow'])
    expect(overtaken(came('tried'), ...urgent(), came('slow'))).toEqual([])
    expect(overtaken(came('u1'), came('slow'), ...urgent().slice(1), came('tried'))).toEqual([])
  })
})
