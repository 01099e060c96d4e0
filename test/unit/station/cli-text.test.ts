import { expect, it } from 'vitest'
import { deadLetterLines, timelineLines, type DeadLetterView, type WhereView } from '../../../station/cli/where-text.ts'

it('a dead letter names the system and the unit that it was for, beside their ids', () => {
  const letter = {
    id: 'st-1/caizheng',
    what: 'delivery',
    at: 0,
    attempts: 2,
    system: 'oa-yizhan',
    unit: 'caizheng',
    names: { 'oa-yizhan': '驿站方言的 OA', caizheng: '市财政局' },
    error: { code: 'X', message: 'x' },
    message: { kind: 'document', id: 'st-1', number: '周政办〔2011〕83号', document: { title: '通知' } },
  } as unknown as DeadLetterView
  expect(deadLetterLines(letter).join('\n')).toContain('系统 system 驿站方言的 OA (oa-yizhan) 市财政局 (caizheng)')
})

it('a timeline names systems and units as people do, with the id that an operator may look for', () => {
  const found = {
    message: {
      kind: 'document',
      id: 'st-1',
      recipients: [],
      from: { name: '甲' },
      document: { title: '通知', issuers: [] },
    },
    timeline: [{ code: 'delivery.delivered', at: 0, unit: 'zj', system: 'oa' }],
    names: { zj: '市住建局', oa: '住建OA' },
  } as unknown as WhereView
  expect(timelineLines(found).join('\n')).toContain('市住建局 (zj)  住建OA (oa)')
})

it('a petition is shown by its acceptance number: its query code opens it to whoever sees the screen', () => {
  const message = { kind: 'petition', id: 'st-1', number: 'QJVCNESHWDHFJ66U', from: { name: '信访人 petitioner' } }
  const letter = {
    id: 'st-1@petition',
    what: 'hop',
    at: 0,
    attempts: 5,
    subscription: 'petition',
    error: { code: 'X', message: 'x' },
    message,
  } as unknown as DeadLetterView
  const shown = [...deadLetterLines(letter), ...timelineLines({ message, timeline: [] } as unknown as WhereView)].join(
    '\n',
  )
  expect(shown).not.toContain(message.number)
  expect(shown).toMatch(/st-1 {2}petition[\s\S]*\nst-1 {2}petition/)
  const document = { ...message, kind: 'document', number: '周政办〔2011〕83号', document: { title: '通知' } }
  expect(deadLetterLines({ ...letter, message: document } as unknown as DeadLetterView).join('\n')).toContain(
    '周政办〔2011〕83号  通知',
  )
})
