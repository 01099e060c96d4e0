import { expect, it } from 'vitest'
import { stationSchema } from '../../../core/config/schema.ts'
import { recheck } from '../../../core/door/recheck.ts'
import { documentFor } from '../../lib/announcement.ts'
import { guardOf } from '../../lib/guard.ts'

const parts = { guard: guardOf(), station: () => stationSchema.parse({ name: 'st' }) }

it('a repaired message passes the door again: nothing classified, and a whole message', async () => {
  const message = documentFor('d1')
  await recheck(parts, message, message)
  const marked = { ...message, document: { ...message.document, annotation: '机密★1年' } }
  await expect(recheck(parts, marked, message)).rejects.toMatchObject({ code: 'CLASSIFIED' })
  const broken = { ...message, document: { ...message.document, copies: -1 } }
  await expect(recheck(parts, broken, message)).rejects.toMatchObject({ code: 'FIELD_INVALID' })
})

it('a doubtful word that was there before has been judged; a new one is refused', async () => {
  const message = documentFor('d1')
  const doubtful = { ...message, document: { ...message.document, title: '绝密543剧组拍摄协调会' } }
  await recheck(parts, doubtful, doubtful)
  await expect(recheck(parts, doubtful, message)).rejects.toMatchObject({ code: 'CLASSIFIED_DOUBT' })
})
