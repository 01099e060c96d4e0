import { createRequire } from 'node:module'
import { describe, expect, it } from 'vitest'
import type { ClaimedHop } from '../../../core/ledger/port.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { addresseesOf } from '../../../nodes/lib/people.ts'
import type { Red } from '../../../nodes/lib/red.ts'
import { fillTemplate } from '../../../nodes/lib/template.ts'
import { OpenHop } from '../../../nodes/link/open-hops.ts'

/** Node-RED's own readers of property expressions. */
const red = createRequire(import.meta.url)('@node-red/util') as Red
const invalid = (field: string) =>
  expect.objectContaining({ code: 'FIELD_INVALID', facts: expect.objectContaining({ field }) as unknown }) as Error

describe('a template', () => {
  const payload = {
    number: '周政办〔2026〕1号',
    about: { title: '会议$&通知', copies: 0, note: '' },
    list: [{ name: '甲' }],
  }
  const fill = (template: string): string => fillTemplate(red, template, payload)

  it('is filled with fields of the payload, as they are', () => {
    expect(fill('《{about.title}》{ number } {about.copies}{about.note} {list[0].name} {about["title"]}')).toBe(
      '《会议$&通知》周政办〔2026〕1号 0 甲 会议$&通知',
    )
    expect(fill('无字段 } {')).toBe('无字段 } {')
  })

  it.each([
    ['{about.from.name}', 'msg.payload.about.from.name'],
    ['{about}', 'msg.payload.about'],
    ['{list[1].name}', 'msg.payload.list[1].name'],
    ['{}', '{}'],
    ['{about title}', '{about title}'],
  ])('%s is refused, with the field', (template, field) => {
    expect(() => fill(template)).toThrow(invalid(field))
  })
})

describe('a list of people', () => {
  it('has each person once, with all units, and only what the way needs', () => {
    const { reached, missed } = addresseesOf(
      [
        { unit: 'a', person: 'p', name: '张三', phone: 13800000001, mail: 'x@example.gov.cn' },
        { unit: 'b', person: 'p', phone: '13800000001' },
        { phone: ' 13800000002 ' },
        { phone: '13800000002', unit: 'c' },
        { name: '李四', mail: 'y@example.gov.cn' },
        { unit: '13800000003', phone: '' },
        {},
      ],
      'msg.people',
      'phone',
    )
    expect(reached).toEqual([
      { key: 'person p', to: { person: 'p', name: '张三', phone: '13800000001' }, units: ['a', 'b'] },
      { key: 'phone 13800000002', to: { phone: '13800000002' }, units: ['c'] },
    ])
    expect(missed).toEqual(['李四', '138****0003', '#7'])
  })

  it('may be one person, or nobody', () => {
    expect(addresseesOf({ mail: 'x@example.gov.cn' }, 'msg.people', 'mail').reached).toHaveLength(1)
    expect(addresseesOf([], 'msg.people', 'mail')).toEqual({ reached: [], missed: [] })
  })

  it.each([
    [undefined, 'msg.people'],
    ['13800000001', 'msg.people'],
    [[null], 'msg.people[0]'],
    [[{ phone: '1' }, []], 'msg.people[1]'],
  ])('%j is refused', (value, field) => {
    expect(() => addresseesOf(value, field.replace(/\[.*/, ''), 'phone')).toThrow(invalid(field))
  })
})

describe('an output with a role of its own', () => {
  const message: DocumentMessage = {
    schema: 'document/1',
    kind: 'document',
    id: 'st-1',
    trace: 'st-1',
    from: { name: '市政府办公室' },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: '2026-03-01T00:00:00.000Z',
    origin: { system: 'oa' },
    files: [],
    document: { direction: 'issue', title: '通知' },
  }
  const hop: ClaimedHop = { id: 'st-1@in', subscription: 'in', attempt: 1, message }
  const draft = (text: string) => ({ kind: 'notice', about: { id: 'st-1' }, notice: { to: {}, event: 'e', text } })
  const put = (...roles: string[]): Map<string, string> => {
    const open = new OpenHop(hop)
    for (const role of roles)
      open.put({ id: 'sms', type: 'sms out' }, draft(role), { type: 'system', adapter: 'sms' }, false, role)
    return new Map(
      open.outputs.map(({ message: made }) =>
        made === 'input' || made.kind !== 'notice' ? ['', ''] : [made.notice.text, made.id],
      ),
    )
  }

  it('has the same id whatever the order, another than its neighbours, and is there once', () => {
    const [one, other] = [put('a', 'b', 'c'), put('c', 'a', 'a', 'b')]
    expect(other).toEqual(one)
    expect(new Set(one.values()).size).toBe(3)
  })
})
