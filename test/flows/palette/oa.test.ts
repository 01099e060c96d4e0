import { describe, expect, it } from 'vitest'
import { derivedId } from '../../../core/message/ids.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import { fn, node, oaIn, oaOut, tab } from './lib/flow.ts'

let station: MiniStation
shared(
  async () => {
    station = await startMiniStation()
  },
  () => station.close(),
)

const recipient = (unit: string) => ({ unit, name: unit, role: 'to' as const })
const titles = async (unit: string) =>
  (await station.inbox(unit)).map(({ message }) =>
    message.kind === 'document' ? message.document.title : message.kind,
  )
const report = (title: string, recipients = [recipient('education')]) =>
  station.accept({ recipients, document: { direction: 'report', title } })

describe('oa in', () => {
  it('gets what it asks for: kinds, directions, systems; what nobody wants is a dead letter', async () => {
    await station.deploy(
      tab(
        oaIn('reports', { directions: ['report'], systems: ['oa'] }, 'out'),
        oaIn('returns', { kinds: ['return'] }, 'out'),
        oaIn('elsewhere', { systems: ['another'] }, 'out'),
        oaOut('out'),
      ),
    )
    await report('请示一')
    const issued = await station.accept({ document: { direction: 'issue', title: '通知' } })
    await station.idle('reports')
    expect(await titles('education')).toEqual(['请示一'])
    expect(await titles('finance')).toEqual([])
    expect((await station.ledger.deadLetters.list({ max: 10 })).map(({ id, error }) => [id, error.code])).toEqual([
      [`${issued}@(none)`, 'NO_SUBSCRIPTION'],
    ])
  })

  it('sends the canonical message, with the number as topic and the hop as a key for others', async () => {
    await station.deploy(
      tab(
        oaIn('reports', { directions: ['report'] }, 'check'),
        fn(
          'check',
          `
      const { hop, attempt, subscription } = msg.yizhan
      if (msg.topic !== '周政办〔2011〕83号') node.error('topic ' + msg.topic, msg)
      msg.payload.document.title = [msg.payload.kind, hop, attempt, subscription].join(' ')
      return msg`,
          'out',
        ),
        oaOut('out'),
      ),
    )
    const id = await station.accept({
      number: '周政办〔2011〕83号',
      recipients: [recipient('chuanhui')],
      document: { direction: 'report', title: 'x' },
    })
    await station.idle('reports')
    expect(await titles('chuanhui')).toEqual([`document ${id}@reports 1 reports`])
  })
})

describe('oa out', () => {
  it('delivers to the message’s recipients, to units of its own, or to those in a property', async () => {
    await station.deploy(
      tab(
        oaIn('reports', { directions: ['report'] }, 'units'),
        fn('units', `msg.units = ['huaiyang', { unit: 'office' }]; return msg`, 'a', 'b', 'c'),
        oaOut('a'),
        oaOut('b', { to: 'units', units: ['finance'] }),
        oaOut('c', { to: 'property', property: 'units' }),
      ),
    )
    await report('三处')
    await station.idle('reports')
    for (const unit of ['education', 'finance', 'huaiyang', 'office']) expect(await titles(unit)).toContain('三处')
  })

  it('gives a changed message an id computed from its parent and the node, and leaves an unchanged one its own', async () => {
    await station.deploy(
      tab(
        oaIn('reports', { directions: ['report'] }, 'same', 'change'),
        oaOut('same', { to: 'units', units: ['office'] }),
        fn('change', `msg.payload.document.title += '（转）'; return msg`, 'twice'),
        oaOut('twice', {}, 'again'),
        oaOut('again'),
      ),
    )
    const id = await report('转发', [recipient('huaiyang')])
    await station.idle('reports')
    expect((await station.inbox('office')).at(-1)?.message.id).toBe(id)
    const copies = (await station.inbox('huaiyang'))
      .map(({ message }) => message)
      .filter((message) => message.parent === id)
    expect(copies.map((message) => message.id)).toEqual([
      derivedId(id, 'reports/twice:0'),
      derivedId(id, 'reports/again:0'),
    ])
    expect(copies[0]).toMatchObject({ trace: id, document: { title: '转发（转）' } })
  })

  it('delivers urgently what the flow calls urgent, without changing the document', async () => {
    await station.deploy(
      tab(
        oaIn('reports', { directions: ['report'] }, 'out'),
        oaOut('out', { urgency: 'flash' }),
        oaIn('issues', { directions: ['issue'] }, 'plain'),
        oaOut('plain'),
      ),
    )
    await station.accept({
      recipients: [recipient('chuanhui')],
      urgency: 'extra-urgent',
      document: { direction: 'issue', title: '特急件' },
    })
    await report('流程加急', [recipient('chuanhui')])
    await station.idle('reports', 'issues')
    const [first] = await station.inbox('chuanhui')
    expect(first?.message).toMatchObject({ urgency: 'ordinary', document: { title: '流程加急' } })
  })

  it('fails the hop, with its name, when nobody can be reached', async () => {
    await station.deploy(
      tab(oaIn('reports', { directions: ['report'] }, 'out'), oaOut('out', { to: 'units', units: ['no-such-unit'] })),
    )
    const id = await report('无处可送')
    const letter = await until(() => station.ledger.deadLetters.show(`${id}@reports`), { what: 'the dead letter' })
    expect(letter).toMatchObject({
      attempts: 1,
      error: { code: 'UNKNOWN_RECIPIENT', node: 'out', nodeName: 'name of out', nodeType: 'oa out' },
    })
    expect(letter.error.message).toContain('no-such-unit')
  })
})

describe('outcome in', () => {
  it('gets what became of a delivery, which a mapping makes a receipt for the sender', async () => {
    await station.deploy(
      tab(
        oaIn('reports', { directions: ['report'] }, 'out'),
        oaOut('out'),
        node(
          'outcome in',
          'taken',
          {
            subscription: 'taken',
            states: ['delivered'],
            messageKinds: ['document'],
            directions: ['report'],
            systems: [],
          },
          'map',
        ),
        node('map', 'map', { operation: 'mapping', mapping: 'outcome-to-receipt' }, 'receipt'),
        oaOut('receipt'),
      ),
    )
    const id = await station.accept({
      from: { unit: 'finance', name: '市财政局' },
      recipients: [recipient('office')],
      document: { direction: 'report', title: '关于经费的请示' },
    })
    await station.idle('reports')
    const item = (await station.inbox('office')).find(({ message }) => message.id === id)
    const { waiting } = await station.ledger.pickup.fetched({ row: item?.row ?? '', now: Date.now(), ms: 1 })
    station.dispatcher.wake(waiting)
    const receipt = await until(
      async () => (await station.inbox('finance')).find(({ message }) => message.kind === 'receipt'),
      { what: 'the receipt' },
    )
    expect(receipt.message).toMatchObject({
      about: { id },
      receipt: { state: 'taken' },
      recipients: [{ unit: 'finance' }],
    })
  })
})
