import { createBindings } from '../../../core/directory/bindings.ts'
import { systemSchema } from '../../../core/config/schema.ts'
import type { ToFlows } from '../../../core/hop/link.ts'
import { MESSAGE_KINDS, type DocumentMessage, type Message, type MessageKind } from '../../../core/message/schema.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { commitLine, type CommitParts } from '../../../station/flows/commits.ts'
import { describe, expect, it } from 'vitest'
import { documentFor } from '../../lib/announcement.ts'
import { docxOf } from '../../lib/files/papers.ts'
import { guardOf } from '../../lib/guard.ts'
import { smallCity } from '../oa/lib/house.ts'

const guard = guardOf()
const MARK = '【机密】某防空事项'
const AT = '2026-01-01T00:00:00.000Z'
const at = AT
const system = (id: string, adapter: string) => systemSchema.parse({ id, name: id, adapter })
const small = smallCity()
const city = {
  ...small,
  systems: [...small.systems, system('sms', 'sms'), system('mail', 'mail'), system('bureau', 'archive')],
}
const unit = (id: string) => ({ id, name: id })
const routes = { city, bindings: createBindings(city.units), directory: { receiverOf: unit } }
const input: DocumentMessage = documentFor('d1')
const recipients: Message['recipients'] = [{ unit: 'finance', name: '市财政局', role: 'to' }]
const { document, ...envelope } = { ...input, recipients, parent: 'd1', id: 'd1~o' }
const about = { id: 'd1', title: '通知' }
const petition = {
  purpose: '咨询' as const,
  title: '来信',
  text: '正文',
  place: {},
  category: '990000',
  petitioner: { name: '张三' },
  publish: false,
}
const file = { name: '机密.doc', role: 'annex' as const, mediaType: 'x', size: 1, digest: `sha256:${'0'.repeat(64)}` }

/** Of every kind what a flow may write into it, marked. */
const MARKED: Readonly<Record<MessageKind, readonly object[]>> = {
  document: [
    { document: { ...document, title: MARK } },
    { document: { ...document, text: '机密★1年\n某防空事项' } },
    { document, files: [file] },
    { document, from: { name: MARK } },
  ],
  receipt: [{ about, receipt: { state: 'signed', by: MARK, at } }],
  return: [{ about, return: { reason: MARK, at } }],
  withdrawal: [{ about, withdrawal: { reason: MARK, at } }],
  reply: [
    { about, reply: { text: MARK, at } },
    { about, reply: { text: '同意', result: MARK, at } },
  ],
  petition: [
    { petition: { ...petition, text: MARK } },
    {
      petition,
      review: {
        state: 'decided',
        officeFirst: false,
        proposed: [],
        decision: { by: '甲', at, accused: [], to: [], note: MARK },
      },
    },
  ],
  notice: [
    { about, notice: { to: {}, event: 'e', text: MARK } },
    { about, notice: { to: {}, event: 'e', subject: MARK, text: '请签收' } },
    { about: { ...about, title: MARK }, notice: { to: {}, event: 'e', text: '请签收' } },
  ],
  'sms-reply': [{ reply: { phone: '13800001234', to: '106', text: MARK, at } }],
  'sms-report': [{ about: { ...about, title: MARK }, report: { notice: 'n', state: 'delivered', code: 'D', at } }],
  channel: [
    { channel: { name: 'c', payload: { 密级: '机密' } } },
    { channel: { name: 'c', payload: MARK } },
    { channel: { name: 'c', payload: { base64: docxOf(['机密★1年', '某防空事项']).toString('base64') } } },
  ],
  'archive-batch': [
    { batch: { date: '2026-01-01', documents: ['d1'], corrections: { d1: { 'document.title': MARK } } } },
    { batch: { date: '2026-01-01', documents: ['d1'], corrections: { d1: { 'document.securityClass': '机密' } } } },
  ],
  'archive-receipt': [
    { about, archiveReceipt: { batch: 'b', accepted: false, reason: MARK, refused: [], documents: [], at } },
  ],
  collection: [
    {
      about,
      collection: {
        name: 'c',
        complete: true,
        entries: [{ message: 'm', kind: 'reply', from: { name: '市财政局' }, text: MARK, at }],
        missing: [],
        at,
      },
    },
  ],
  outcome: [
    {
      about: { ...about, title: MARK },
      outcome: { state: 'delivered', delivery: 'x', messageKind: 'document', system: 's', at },
    },
  ],
  'dead-letter': [
    {
      about: { ...about, title: MARK },
      deadLetter: { id: 'x', what: 'hop', attempts: 1, at, error: { code: 'C', message: 'm' } },
    },
  ],
  'directory-changes': [{ from: { name: MARK }, changes: { source: 's', at, units: [], people: [] } }],
}
const marked = MESSAGE_KINDS.flatMap((kind) =>
  MARKED[kind].map((body, at): [string, Message] => [
    `${kind} ${at}`,
    { ...envelope, schema: `${kind}/1`, kind, ...body } as unknown as Message,
  ]),
)

describe('what a flow puts out', () => {
  const commit = async (message: Message, target: object = { type: 'channel', address: { queue: 'q' } }) => {
    const lines: ToFlows[] = []
    let committed = 0
    const parts = {
      hops: {
        commit: () => Promise.resolve((committed++, { status: 'committed', events: [], announce: [], waiting: [] })),
      },
      dispatcher: {
        held: () => ({ hops: [{ message: input }], flowsRevision: 'r' }),
        release: () => {},
        wake: () => {},
      },
      routes: () => routes,
      announce: () => {},
      refusedFileTypes: () => [],
      guard,
      clock: systemClock,
      sink: { emit: () => {} },
    } as unknown as CommitParts
    const session = { id: 's', apart: false, pid: 1, send: (line: ToFlows) => lines.push(line), end: () => {} }
    const outputs = [{ node: 'n', message, ...target }] as never
    await commitLine(parts, session, { t: 'commit', n: 1, hops: [{ id: 'h', attempt: 1 }], outputs } as never)
    return { committed, line: lines[0] }
  }

  it.each(marked.filter(([name]) => !name.startsWith('directory-changes')))(
    '%s: marked, nothing of it leaves, and the flow is told where the mark stands',
    async (_name, message) => {
      const { committed, line } = await commit(message)
      expect(committed).toBe(0)
      expect(line).toMatchObject({ status: 'refused', node: 'n', error: { code: 'CLASSIFIED', retryable: false } })
      expect(JSON.stringify(line)).not.toContain('防空')
    },
  )

  it.each<[string, object, object]>([
    ['a document to an OA', { type: 'units' }, MARKED.document[0] ?? {}],
    ['a notice by SMS', { type: 'system', adapter: 'sms' }, MARKED.notice[0] ?? {}],
    ['a notice by mail', { type: 'system', adapter: 'mail' }, MARKED.notice[1] ?? {}],
    ['a batch for the archive', { type: 'system', adapter: 'archive' }, MARKED['archive-batch'][0] ?? {}],
  ])('%s', async (_what, target, body) => {
    const kind = 'notice' in body ? 'notice' : 'batch' in body ? 'archive-batch' : 'document'
    const whole = { ...envelope, schema: `${kind}/1`, kind, ...body } as unknown as Message
    expect(await commit(whole, target)).toMatchObject({ committed: 0, line: { error: { code: 'CLASSIFIED' } } })
  })

  it('passes where it speaks about secrecy, and where its document’s doubtful title was judged before', async () => {
    const notice = (title: string, text: string) =>
      ({
        ...envelope,
        schema: 'notice/1',
        kind: 'notice',
        about: { ...about, title },
        notice: { to: {}, event: 'e', text },
      }) as Message
    expect(await commit(notice('关于做好机密文件管理的通知', '请签收《关于做好机密文件管理的通知》'))).toMatchObject({
      committed: 1,
    })
    expect(await commit(notice('绝密543剧组拍摄协调会', '请签收'))).toMatchObject({ committed: 1 })
  })
})
