import { describe, expect, it } from 'vitest'
import { createBindings, dayOf, overlap } from '../../../core/directory/bindings.ts'

const bindings = createBindings([
  { id: 'a', system: 'old', to: '2011-06-30' },
  { id: 'a', system: 'new', from: '2011-07-01' },
  { id: 'b', system: 'old' },
  { id: 'c', system: 'new', from: '2012-01-01', to: '2012-12-31' },
])
const shanghai = (text: string): number => Date.parse(`${text}+08:00`)

describe('bindings', () => {
  it('change at midnight in Shanghai', () => {
    expect(bindings.systemOf('a', shanghai('2011-06-30T23:59:59'))).toBe('old')
    expect(bindings.systemOf('a', shanghai('2011-07-01T00:00:00'))).toBe('new')
  })

  it('are none before the first and after the last day, and for strangers', () => {
    expect(bindings.systemOf('c', shanghai('2011-12-31T12:00:00'))).toBeUndefined()
    expect(bindings.systemOf('c', shanghai('2012-12-31T23:59:59'))).toBe('new')
    expect(bindings.systemOf('c', shanghai('2013-01-01T00:00:00'))).toBeUndefined()
    expect(bindings.systemOf('z', shanghai('2012-01-01T00:00:00'))).toBeUndefined()
  })

  it('list a system’s units of the day', () => {
    expect(bindings.unitsOf('old', shanghai('2011-01-01T00:00:00'))).toEqual(['a', 'b'])
    expect(bindings.unitsOf('old', shanghai('2012-06-01T00:00:00'))).toEqual(['b'])
    expect(bindings.unitsOf('new', shanghai('2012-06-01T00:00:00'))).toEqual(['a', 'c'])
    expect(bindings.unitsOf('none', 0)).toEqual([])
  })

  it('know the day and overlapping periods', () => {
    expect(dayOf(Date.parse('2011-05-19T16:00:00Z'))).toBe('2011-05-20')
    expect(overlap({ to: '2011-06-30' }, { from: '2011-06-30' })).toBe(true)
    expect(overlap({ to: '2011-06-30' }, { from: '2011-07-01' })).toBe(false)
    expect(overlap({}, {})).toBe(true)
  })
})
