import { describe, expect, it } from 'vitest'
import { petitionerSchema } from '../../../adapters/portal/petition.ts'
import { mobileNumber, numberFrom } from '../../../adapters/sms/numbers.ts'
import { mask } from '../../../core/events/mask.ts'
import { noticeMessage } from '../../../core/message/schema.ts'
import { readMobile, readPhone } from '../../../core/text/phone.ts'

const MOBILES = [
  '13800001234',
  '138 0000 1234',
  '138-0000-1234',
  '138—0000—1234',
  '１３８００００１２３４',
  '+86 138-0000-1234',
  '＋８６　１３８－００００－１２３４',
  '+8613800001234',
  '008613800001234',
  '0086 138 0000 1234',
  '8613800001234',
  '86-138-0000-1234',
  '(+86)138.0000.1234',
  '（086）13800001234'.replace('086', '86'),
  '138\u200b0000\u20601234',
  '\u202d13800001234\u202c',
]

describe('a mobile number', () => {
  it.each(MOBILES)('%s is the same at every door', (text) => {
    expect(readMobile(text)).toBe('13800001234')
    expect(readPhone(text)).toBe('13800001234')
    expect(mobileNumber(text)).toBe('13800001234')
    expect(numberFrom(text)).toBe('13800001234')
    expect(petitionerSchema.parse({ name: '张三', phone: text }).phone).toBe('13800001234')
    expect(noticeMessage.shape.notice.shape.to.parse({ phone: text }).phone).toBe('13800001234')
  })

  it.each([
    '1380000123',
    '138000012345',
    '12800001234',
    '03948260000',
    '10086',
    '',
    'x'.repeat(100_000),
    '+1 380 000 1234',
  ])('is none: %.20s', (text) => {
    expect(readMobile(text)).toBeUndefined()
  })
})

describe('a fixed number', () => {
  it.each([
    ['0394-8260000', '0394-8260000'],
    ['03948260000', '0394-8260000'],
    ['(0394) 8260000', '0394-8260000'],
    ['０３９４－８２６００００', '0394-8260000'],
    ['010 8260 0000', '010-82600000'],
    ['+86 394-8260000', '0394-8260000'],
    ['+86-0394-8260000', '0394-8260000'],
    ['0394-8260000转12', '0394-8260000-12'],
    ['0394-8260000-12', '0394-8260000-12'],
    ['8260000', undefined],
  ])('%s is %s', (text, form) => {
    expect(readPhone(text)).toBe(form)
  })
})

describe('in logs', () => {
  it.each(['138 0000 1234', '138-0000-1234', '+86 138-0000-1234', '１３８００００１２３４'])('%s is masked', (text) => {
    expect(mask(`电话：${text}。`)).not.toMatch(/0000|００００/)
  })
})
