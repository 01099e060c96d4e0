import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemSchema, type UnitConfig } from '../../../core/config/schema.ts'
import { createBindings, dayOf } from '../../../core/directory/bindings.ts'
import { createUnitDirectory, directorySource } from '../../../core/directory/unit-directory.ts'
import type { DocumentDraft } from '../../../core/door/port.ts'
import type { Message } from '../../../core/message/schema.ts'
import { resolveOutput } from '../../../station/flows/targets.ts'
import { smallCity, TestHouse } from '../oa/lib/house.ts'

const DAY_MS = 86_400_000
const TODAY = dayOf(Date.now())
const IN_TWO_DAYS = dayOf(Date.now() + 2 * DAY_MS)
/** The house’s clock starts at noon, however late it is. */
const NOON = Date.parse(`${TODAY}T04:00:00Z`) - Date.now()
const changed = (changes: Readonly<Record<string, Partial<UnitConfig>>>, merges: readonly object[] = []) => {
  const city = smallCity()
  const ldap = systemSchema.parse({
    id: 'ldap',
    name: '目录',
    adapter: 'directory',
    settings: { url: 'ldap://127.0.0.1:1', base: 'dc=example', merges },
  })
  return {
    ...city,
    units: city.units.map((unit) => ({ ...unit, ...changes[unit.id] })),
    systems: [...city.systems, ldap],
  }
}

let t: TestHouse
beforeEach(async () => {
  // 市科技局 receives until today, 市财政局 from the day after tomorrow on, 市教育局 until today, when 市卫生局 takes
  // over
  t = await TestHouse.open(
    changed({ science: { to: TODAY }, finance: { from: IN_TWO_DAYS }, edu: { to: TODAY } }, [
      { unit: 'edu', into: 'health', from: dayOf(Date.parse(`${TODAY}T04:00:00Z`) + DAY_MS) },
    ]),
  )
  t.clock.skew = NOON
})
afterEach(() => t.close())

const draft = (externalId: string, mainRecipients: string, more: Partial<DocumentDraft> = {}): DocumentDraft => ({
  kind: 'document',
  externalId,
  document: { title: '关于报送材料的通知', mainRecipients },
  files: [],
  ...more,
})
const office = () => t.house.door.authenticate('oa-yizhan', 'office', () => true)
const accept = async (given: DocumentDraft): Promise<string[]> => {
  const { id } = await t.house.door.accept(office(), given)
  return (await t.opened.ledger.journal.message(id))?.recipients.map(({ unit }) => unit) ?? []
}

describe('a unit whose last day is past', () => {
  it('is refused at the door by name, with the day and the way out, and nothing is kept', async () => {
    expect(await accept(draft('1', '市科技局'))).toEqual(['science'])
    t.clock.skew = NOON + DAY_MS
    for (const given of [draft('2', '市卫生局、市科技局'), draft('3', '市卫生局', { cc: ['D-02'] })]) {
      const refused = await accept(given).catch((error: unknown) => error)
      expect(refused).toMatchObject({
        code: 'UNIT_ABSENT',
        status: 422,
        facts: { value: '市科技局', rule: expect.stringContaining(TODAY) as string },
      })
      expect(await t.house.ledger.journal.find({ text: given.externalId ?? '', max: 1 })).toEqual([])
    }
    expect(t.refused().map(({ error }) => error)).toEqual(['UNIT_ABSENT', 'UNIT_ABSENT'])
  })

  it('is left out of a phrase that means it among others', async () => {
    expect(await accept(draft('1', '市人民政府各部门'))).toEqual(['science', 'edu', 'health'])
    t.clock.skew = NOON + DAY_MS
    expect(await accept(draft('2', '市人民政府各部门'))).toEqual(['health'])
    await expect(accept(draft('3', '市人民政府各部门，市科技局'))).rejects.toMatchObject({ code: 'UNIT_ABSENT' })
  })

  it('gives way to whoever took over', async () => {
    t.clock.skew = NOON + DAY_MS
    expect(await accept(draft('1', '市教育局'))).toEqual(['health'])
  })

  it('is no reason to refuse what is sent a second time', async () => {
    const first = await t.house.door.accept(office(), draft('1', '市科技局'))
    const group = await t.house.door.accept(office(), draft('2', '市人民政府各部门'))
    t.clock.skew = NOON + DAY_MS
    expect(await t.house.door.accept(office(), draft('1', '市科技局'))).toMatchObject({ id: first.id, repeated: true })
    expect(await t.house.door.accept(office(), draft('2', '市人民政府各部门'))).toMatchObject({
      id: group.id,
      repeated: true,
    })
  })

  it('does not keep a withdrawal from the other recipients', async () => {
    const { id } = await t.house.door.accept(office(), draft('1', '市科技局、市卫生局'))
    t.clock.skew = NOON + DAY_MS
    const withdrawal = await t.house.door.accept(office(), { kind: 'withdrawal', about: id })
    expect((await t.opened.ledger.journal.message(withdrawal.id))?.recipients.map(({ unit }) => unit)).toEqual([
      'health',
    ])
  })
})

describe('a unit whose first day is still to come', () => {
  it('is refused with that day', async () => {
    await expect(accept(draft('1', '市财政局'))).rejects.toMatchObject({
      code: 'UNIT_ABSENT',
      facts: { rule: expect.stringContaining(IN_TWO_DAYS) as string },
    })
    t.clock.skew = NOON + 2 * DAY_MS
    expect(await accept(draft('2', '市财政局'))).toEqual(['finance'])
  })
})

describe('what was accepted on a unit’s last day', () => {
  it('goes to its system of that day, however late the flow comes to it', async () => {
    const { id } = await t.house.door.accept(office(), draft('1', '市科技局、市卫生局'))
    const message = (await t.opened.ledger.journal.message(id)) as Message
    const city = t.house.city()
    const routes = { city, bindings: createBindings(city.units), directory: createUnitDirectory(directorySource(city)) }
    const { targets } = resolveOutput(
      { type: 'units', message: 'input', node: 'n' },
      message,
      routes,
      t.house.clock.now() + DAY_MS,
    )
    expect(targets.map(({ unit, system }) => [unit, system])).toEqual([
      ['science', 'oa-yizhan'],
      ['health', 'docxg-centre'],
    ])
  })
})
