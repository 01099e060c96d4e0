import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { fitting } from '../../../core/errors/fitting.ts'
import { YizhanError } from '../../../core/errors/error.ts'

const schema = z.object({
  pages: z.number().int().max(9_999).default(1),
  petition: z.object({ petitioner: z.object({ phone: z.string().max(11) }) }).optional(),
  password: z.string().max(8).optional(),
  code: z
    .string()
    .regex(/^\d{6}$/, { error: '六位数字 / six digits' })
    .optional(),
})

function refusal(given: unknown, where?: string): YizhanError {
  try {
    fitting(schema, given, where)
  } catch (error) {
    if (error instanceof YizhanError) return error
  }
  throw new Error('it was taken')
}

describe('what does not fit a schema', () => {
  it('is refused with its field, its value and the rule in Chinese and English', () => {
    expect(refusal({ pages: 10_000 }, 'msg.payload').toJSON()).toMatchObject({
      code: 'FIELD_INVALID',
      field: 'msg.payload.pages',
      value: '10000',
      rule: '数值过大：期望 number <=9999 / Too big: expected number to be <=9999',
    })
    expect(refusal({ pages: [] }).facts).toMatchObject({
      field: 'pages',
      value: '',
      rule: expect.stringMatching(/期望.+ \/ Invalid input: expected number/) as string,
    })
    expect(refusal(null, 'args').facts.field).toBe('args')
  })

  it('keeps a rule’s own words', () => {
    expect(refusal({ code: '12' }).facts).toEqual({ field: 'code', value: '12', rule: '六位数字 / six digits' })
  })

  it('repeats nothing that is people’s own', () => {
    expect(JSON.stringify(refusal({ petition: { petitioner: { phone: '1380000123456' } } }))).not.toContain('13800')
    expect(() =>
      fitting(z.object({ message: schema }), { message: { petition: { petitioner: { phone: '1380000123456' } } } }),
    ).toThrow(
      expect.objectContaining({
        facts: expect.objectContaining({ field: 'message.petition.petitioner.phone', value: '' }) as unknown,
      }),
    )
    expect(JSON.stringify(refusal({ password: 'secret-secret' }))).not.toContain('secret-secret')
  })
})

it('gives what fits as the schema makes it', () => {
  expect(fitting(schema, {})).toEqual({ pages: 1 })
})
