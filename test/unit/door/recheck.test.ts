import { expect, it } from 'vitest'
import { recheck } from '../../../core/door/recheck.ts'
import { documentFor } from '../../lib/announcement.ts'
import { guardOf } from '../../lib/guard.ts'

const guard = guardOf()

it('a repaired message passes the door again: nothing classified, and a whole message', () => {
  const message = documentFor('d1')
  expect(() => recheck(guard, message, message)).not.toThrow()
  const marked = { ...message, document: { ...message.document, annotation: '机密★1年' } }
  expect(() => recheck(guard, marked, message)).toThrow(expect.objectContaining({ code: 'CLASSIFIED' }) as Error)
  const broken = { ...message, document: { ...message.document, copies: -1 } }
  expect(() => recheck(guard, broken, message)).toThrow(expect.objectContaining({ code: 'FIELD_INVALID' }) as Error)
})

it('a doubtful word that was there before has been judged; a new one is refused', () => {
  const message = documentFor('d1')
  const doubtful = { ...message, document: { ...message.document, title: '绝密543剧组拍摄协调会' } }
  expect(() => recheck(guard, doubtful, doubtful)).not.toThrow()
  expect(() => recheck(guard, doubtful, message)).toThrow(
    expect.objectContaining({ code: 'CLASSIFIED_DOUBT' }) as Error,
  )
})
