import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { changesBetween } from '../../../adapters/directory/diff.ts'
import { snapshotOf } from '../../../adapters/directory/model.ts'
import { applyChanges } from './lib/apply-changes.ts'
import { anySnapshot } from './lib/arbitrary.ts'

describe('changesBetween', () => {
  it('leads from the old snapshot to the new one, whatever they are', () => {
    fc.assert(
      fc.property(fc.option(anySnapshot, { nil: undefined }), anySnapshot, (old, now) => {
        expect(applyChanges(old, changesBetween(old, now))).toEqual(now)
      }),
    )
  })

  it('is empty exactly when nothing differs, and then the revisions are equal', () => {
    fc.assert(
      fc.property(anySnapshot, anySnapshot, (old, now) => {
        expect(changesBetween(old, old)).toEqual([])
        expect(changesBetween(old, now).length === 0).toBe(old.revision === now.revision)
      }),
    )
  })

  it('says of each entry what happened to it', () => {
    const old = snapshotOf(
      [
        { id: '1', name: '市教育局', codes: ['A'] },
        { id: '2', name: '市体育局', codes: [] },
        { id: '3', name: '市国税局', codes: [] },
      ],
      [{ id: 'p', name: '张三', mobile: '13800000000', titles: [], roles: [], unit: '2' }],
    )
    const now = snapshotOf(
      [
        { id: '1', name: '市教育体育局', codes: ['A', 'B'], parent: '4' },
        { id: '2', name: '市体育局', codes: [] },
        { id: '4', name: '市政府', codes: [] },
      ],
      [{ id: 'p', name: '张三', mobile: '13800000001', titles: [], roles: [], unit: '1' }],
    )
    expect(changesBetween(old, now).map(({ of, kind, id, fields }) => [of, kind, id, fields])).toEqual([
      ['unit', 'renamed', '1', []],
      ['unit', 'moved', '1', []],
      ['unit', 'changed', '1', ['codes']],
      ['unit', 'added', '4', []],
      ['unit', 'removed', '3', []],
      ['person', 'moved', 'p', []],
      ['person', 'changed', 'p', ['mobile']],
    ])
  })

  it('knows a snapshot whatever order its parts came in', () => {
    fc.assert(
      fc.property(anySnapshot, (snapshot) => {
        const turned = { units: [...snapshot.units].reverse(), people: [...snapshot.people].reverse() }
        expect(snapshotOf(turned.units, turned.people).revision).toBe(snapshot.revision)
      }),
    )
  })
})
