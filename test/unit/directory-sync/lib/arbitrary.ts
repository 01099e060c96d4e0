import fc from 'fast-check'
import {
  type DirectoryPerson,
  type DirectoryUnit,
  type Snapshot,
  snapshotOf,
} from '../../../../adapters/directory/model.ts'

const ids = ['a', 'b', 'c', 'd', 'e', 'f']
const text = fc.constantFrom('市教育局', '张三', '李四', 'x', '')
const set = <T>(values: readonly T[]) => fc.uniqueArray(fc.constantFrom(...values), { maxLength: 2 })

const unit: fc.Arbitrary<DirectoryUnit> = fc.record(
  { id: fc.constantFrom(...ids), name: text, codes: set(['ZK-001', 'ZK-002']), parent: fc.constantFrom(...ids) },
  { requiredKeys: ['id', 'name', 'codes'] },
)
const person: fc.Arbitrary<DirectoryPerson> = fc.record(
  {
    id: fc.constantFrom(...ids),
    name: text,
    uid: text,
    mobile: text,
    mail: text,
    titles: set(['单位负责人', '办公室主任']),
    roles: set(['head', 'officeDirector', 'administrator'] as const),
    unit: fc.constantFrom(...ids),
  },
  { requiredKeys: ['id', 'name', 'titles', 'roles'] },
)
const byId = { selector: ({ id }: { readonly id: string }) => id }

export const anySnapshot: fc.Arbitrary<Snapshot> = fc
  .tuple(fc.uniqueArray(unit, byId), fc.uniqueArray(person, byId))
  .map(([units, people]) => snapshotOf(units, people))
