import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { buildArchiveNumber, RETENTIONS, type ArchiveNumber } from '../../../adapters/archive/archive-number.ts'

const sample: ArchiveNumber = { fonds: '0094', category: 'WS', year: 2021, retention: 'D10', item: 533 }

const anyNumber: fc.Arbitrary<ArchiveNumber> = fc.record(
  {
    fonds: fc.stringMatching(/^[0-9A-Z]{4}$/),
    category: fc.stringMatching(/^[A-Z]{2,4}$/),
    year: fc.integer({ min: 1900, max: 2999 }),
    retention: fc.constantFrom(...RETENTIONS),
    office: fc.oneof(fc.stringMatching(/^[A-Z][0-9A-Z]{0,9}$/), fc.constantFrom('办公室', '综合处1', 'B01')),
    item: fc.integer({ min: 1, max: 9999 }),
  },
  { requiredKeys: ['fonds', 'category', 'year', 'retention', 'item'] },
)

describe('archive numbers (DA/T 22-2015)', () => {
  it('are built as in the standard, with and without office', () => {
    expect(buildArchiveNumber(sample)).toBe('0094-WS·2021-D10-0533')
    expect(buildArchiveNumber({ ...sample, office: 'BGS', retention: 'Y' })).toBe('0094-WS·2021-Y-BGS-0533')
  })

  it('hold each part in its place, of a length that is its own', () => {
    const shape = /^(.{4})-([A-Z]+)·(\d{4})-(Y|D30|D10)(?:-([^-]+))?-(\d{4})$/u
    fc.assert(
      fc.property(anyNumber, (parts) => {
        const { fonds, category, year, retention, office, item } = parts
        const [, ...found] = shape.exec(buildArchiveNumber(parts)) ?? []
        expect(found).toEqual([fonds, category, String(year), retention, office, String(item).padStart(4, '0')])
      }),
    )
  })

  it.each<[string, Partial<ArchiveNumber>, string]>([
    ['three digits of fonds', { fonds: '094' }, 'fonds'],
    ['a fonds in small letters', { fonds: 'a094' }, 'fonds'],
    ['a category with digits', { category: 'W1' }, 'category'],
    ['an office of digits', { office: '0001' }, 'office'],
    ['an office with a hyphen', { office: 'A-B' }, 'office'],
    ['item 0', { item: 0 }, 'item'],
    ['item 10000', { item: 10_000 }, 'item'],
    ['half an item', { item: 1.5 }, 'item'],
    ['a year of two digits', { year: 21 }, 'year'],
    ['no year', { year: Number.NaN }, 'year'],
    ['an older retention', { retention: '长期' as 'Y' }, 'retention'],
  ])('refuse %s, naming the part', (_what, change, field) => {
    expect(() => buildArchiveNumber({ ...sample, ...change })).toThrow(
      expect.objectContaining({
        code: 'ARCHIVE_NUMBER',
        facts: expect.objectContaining({ field }) as unknown,
      }) as Error,
    )
  })
})
