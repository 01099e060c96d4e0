import type { Announcement } from '../../core/ledger/port.ts'
import type { DocumentMessage } from '../../core/message/schema.ts'
import { urgencyRank, type Urgency } from '../../core/message/urgency.ts'

/** A document as the ledger announces it; `bytes` pads its text to about that size. */
export function documentFor(id: string, options: { urgency?: Urgency; bytes?: number } = {}): DocumentMessage {
  return {
    schema: 'document/1',
    kind: 'document',
    id,
    trace: id,
    number: '周政办〔2011〕83号',
    from: { unit: 'zfb', name: '市政府办公室' },
    recipients: [{ unit: 'county-a', name: '甲县人民政府', role: 'to' }],
    urgency: options.urgency ?? 'ordinary',
    acceptedAt: '2011-06-01T01:00:00.000Z',
    origin: { system: 'oa-zfb' },
    files: [],
    document: {
      direction: 'issue',
      title: `关于${id}的通知`,
      ...(options.bytes === undefined ? {} : { text: 'x'.repeat(Math.max(0, options.bytes - 500)) }),
    },
  }
}

export function announcementFor(
  system: string,
  id: string,
  options: { urgency?: Urgency; bytes?: number; attempt?: number } = {},
): Announcement {
  const message = documentFor(id, options)
  return {
    row: `${id}/county-a`,
    system,
    unit: 'county-a',
    rank: urgencyRank(message.urgency),
    attempt: options.attempt ?? 1,
    message,
  }
}
