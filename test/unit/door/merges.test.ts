import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { systemSchema } from '../../../core/config/schema.ts'
import { dayOf } from '../../../core/directory/bindings.ts'
import type { DocumentDraft } from '../../../core/door/port.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { smallCity, TestHouse } from '../oa/lib/house.ts'

const DAY_MS = 86_400_000
let t: TestHouse
beforeEach(async () => {
  const city = smallCity()
  const merges = [{ unit: 'science', into: 'edu', from: dayOf(Date.now() + DAY_MS) }]
  t = await TestHouse.open({
    ...city,
    systems: [
      ...city.systems,
      systemSchema.parse({
        id: 'ldap',
        name: '目录',
        adapter: 'directory',
        settings: { url: 'ldap://127.0.0.1:1', base: 'dc=example', merges },
      }),
    ],
  })
})
afterEach(() => t.close())

const draft = (externalId: string, mainRecipients: string): DocumentDraft => ({
  kind: 'document',
  externalId,
  document: { title: '关于报送材料的通知', mainRecipients },
  files: [],
})
const accept = async (given: DocumentDraft, account = 'office') => {
  const answer = await t.house.door.accept(
    t.house.door.authenticate('oa-yizhan', account, () => true),
    given,
  )
  const message = (await t.opened.ledger.journal.message(answer.id)) as DocumentMessage
  return { ...answer, to: message.recipients.map(({ unit, name }) => [unit, name]) }
}

describe('a unit that merges tomorrow', () => {
  it('receives today, and whoever takes over from tomorrow on, once', async () => {
    expect((await accept(draft('1', '市科技局、市教育局'))).to).toEqual([
      ['science', '市科技局'],
      ['edu', '市教育局'],
    ])
    t.clock.skew = DAY_MS
    expect((await accept(draft('2', '市科技局、市教育局'))).to).toEqual([['edu', '市教育局']])
    expect((await accept(draft('3', 'D-02'))).to).toEqual([['edu', '市教育局']])
    expect((await accept(draft('4', '市人民政府各部门'))).to.map(([unit]) => unit)).toEqual([
      'edu',
      'health',
      'finance',
    ])
  })

  it('is no reason to refuse what is sent a second time', async () => {
    const first = await accept(draft('1', '市科技局'))
    t.clock.skew = DAY_MS
    expect(await accept(draft('1', '市科技局'))).toMatchObject({ id: first.id, to: first.to, repeated: true })
  })

  it('still speaks with its own account', async () => {
    t.clock.skew = DAY_MS
    expect((await accept(draft('1', '市财政局'), 'science')).to).toEqual([['finance', '市财政局']])
  })

  it('is accused together with whoever has taken over', async () => {
    const file = async (externalId: string) => {
      const { id } = await t.house.door.accept(
        t.house.door.authenticate('oa-yizhan', 'office', () => true),
        {
          kind: 'petition',
          externalId,
          files: [],
          codeOf: (made) => made,
          petition: {
            purpose: '检举控告',
            title: `反映${externalId}`,
            text: '……',
            place: {},
            category: '990000',
            petitioner: { name: '某人' },
            accused: '市科技局某科长',
            publish: false,
          },
        },
      )
      return (await t.opened.ledger.journal.message(id))?.mustNotReach
    }
    expect(await file('1')).toEqual(['science'])
    t.clock.skew = DAY_MS
    expect(await file('2')).toEqual(['science', 'edu'])
  })
})
