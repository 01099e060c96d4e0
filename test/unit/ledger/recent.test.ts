import { describe, expect, it } from 'vitest'
import { LruBytes } from '../../../core/content/lru.ts'

const body = (letter: string, size = 10) => Buffer.alloc(size, letter)

describe('recent bodies', () => {
  it('stay within their bytes: the one used longest ago goes first', () => {
    const recent = new LruBytes(30)
    for (const letter of ['a', 'b', 'c']) recent.add(letter, body(letter))
    expect(recent.get('a')?.toString()).toBe('a'.repeat(10))
    recent.add('d', body('d'))
    expect(['a', 'b', 'c', 'd'].filter((letter) => recent.get(letter) !== undefined)).toEqual(['a', 'c', 'd'])
  })

  it('make room for a large one, and do not take what is too large', () => {
    const recent = new LruBytes(30)
    for (const letter of ['a', 'b', 'c']) recent.add(letter, body(letter))
    recent.add('large', body('l', 25))
    expect(['a', 'b', 'c', 'large'].filter((letter) => recent.get(letter) !== undefined)).toEqual(['large'])
    recent.add('too large', body('t', 31))
    expect(recent.get('too large')).toBeUndefined()
    expect(recent.get('large')).toBeDefined()
  })

  it('count a body once, however often it comes', () => {
    const recent = new LruBytes(30)
    for (let i = 0; i < 10; i++) recent.add('a', body('a'))
    recent.add('b', body('b', 20))
    expect(recent.get('a')).toBeDefined()
  })

  it('do not keep a large buffer alive for a slice of it', () => {
    const recent = new LruBytes(1_000)
    const request = Buffer.alloc(100_000)
    recent.add('slice', request.subarray(0, 10))
    expect(recent.get('slice')?.buffer.byteLength).toBeLessThan(100_000)
    const own = Buffer.allocUnsafeSlow(500)
    recent.add('own', own)
    expect(recent.get('own')?.buffer).toBe(own.buffer)
  })
})
