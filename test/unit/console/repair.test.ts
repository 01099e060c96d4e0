import { describe, expect, it } from 'vitest'
import { changesOf, typedOf, valueOf, widgetOf, type RepairField } from '../../../console/repair.ts'

const field = (schema: object, value?: unknown): RepairField => ({
  path: 'document.x',
  schema: { ...schema },
  value,
  wrong: false,
})

describe('the form of a repair', () => {
  it('has the input that a field’s schema wants', () => {
    expect(widgetOf(field({ type: 'string', enum: ['urgent', 'ordinary'] }))).toEqual({
      is: 'choice',
      of: ['urgent', 'ordinary'],
    })
    expect(widgetOf(field({ type: 'string' })).is).toBe('line')
    expect(widgetOf(field({ type: 'string', maxLength: 2000 })).is).toBe('text')
    expect(widgetOf(field({ type: 'array', items: { type: 'string' } })).is).toBe('lines')
    expect(widgetOf(field({ type: 'boolean' })).is).toBe('yes-no')
    expect(widgetOf(field({ type: 'object' })).is).toBe('json')
  })

  it.each([
    [{ type: 'string' }, '附注'],
    [{ type: 'array', items: { type: 'string' } }, ['甲', '乙']],
    [{ type: 'boolean' }, false],
    [{ type: 'object' }, { pages: 3 }],
    [{ type: 'string', enum: ['urgent'] }, 'urgent'],
  ])('gives back what it was given: %j', (schema, value) => {
    const given = field(schema, value)
    expect(valueOf(given, typedOf(given))).toEqual(value)
    expect(changesOf([given], { 'document.x': typedOf(given) })).toEqual([])
  })

  it('sends what was changed, and takes away what was emptied', () => {
    const one = field({ type: 'string' }, '旧')
    const other = { ...field({ type: 'array', items: { type: 'string' } }, ['甲']), path: 'y' }
    expect(changesOf([one, other], { 'document.x': ' ', y: '甲\n\n 乙 ' })).toEqual([
      { path: 'document.x' },
      { path: 'y', value: ['甲', '乙'] },
    ])
  })

  it('refuses JSON that is none', () => {
    expect(() => changesOf([field({ type: 'object' }, {})], { 'document.x': '{' })).toThrow(SyntaxError)
  })
})
