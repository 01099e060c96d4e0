import { expect, it } from 'vitest'
import { stationSchema } from '../../../core/config/schema.ts'
import { recheck } from '../../../core/door/recheck.ts'
import { documentFor } from '../../lib/announcement.ts'

const { classified } = stationSchema.parse({ name: 'st' })

it('a repaired message passes the door again: nothing classified, and a whole message', () => {
  const message = documentFor('d1')
  expect(() => recheck(message, classified)).not.toThrow()
  const marked = { ...message, document: { ...message.document, annotation: '机密★1年' } }
  expect(() => recheck(marked, classified)).toThrow(expect.objectContaining({ code: 'CLASSIFIED' }) as Error)
  const broken = { ...message, document: { ...message.document, copies: -1 } }
  expect(() => recheck(broken, classified)).toThrow(expect.objectContaining({ code: 'FIELD_INVALID' }) as Error)
})
