import type { LinkTarget } from '../../../core/hop/link.ts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemSchema } from '../../../core/config/schema.ts'
import { createBindings, dayOf } from '../../../core/directory/bindings.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { resolveOutput, type Routes } from '../../../station/flows/targets.ts'
import { smallCity, TestHouse } from '../oa/lib/house.ts'

const DAY_MS = 86_400_000
let t: TestHouse
let input: DocumentMessage
let routes: Routes
beforeAll(async () => {
  const city = smallCity()
  const merges = [{ unit: 'science', into: 'edu', from: dayOf(Date.now() + DAY_MS) }]
  const settings = { url: 'ldap://127.0.0.1:1', base: 'dc=example', merges }
  const ldap = systemSchema.parse({ id: 'ldap', name: '目录', adapter: 'directory', settings })
  t = await TestHouse.open({ ...city, systems: [...city.systems, ldap] })
  const { id } = await t.house.door.accept(
    t.house.door.authenticate('oa-yizhan', 'office', () => true),
    { kind: 'document', document: { title: '通知', mainRecipients: '市财政局' }, files: [] },
  )
  input = (await t.opened.ledger.journal.message(id)) as DocumentMessage
  routes = { city, bindings: createBindings(city.units), directory: t.house.directory() }
})
afterAll(() => t.close())

describe('what a flow addresses to a unit that has merged', () => {
  it('goes to whoever took over, once and by its name', () => {
    const now = t.house.clock.now() + DAY_MS
    const made: DocumentMessage = {
      ...input,
      id: `${input.id}~made`,
      parent: input.id,
      acceptedAt: new Date(now).toISOString(),
      recipients: [
        { unit: 'science', name: '市科技局', role: 'to' },
        { unit: 'edu', name: '市教育局', role: 'cc' },
      ],
    }
    const { message, targets } = resolveOutput({ type: 'units', message: made, node: 'n' }, input, routes, now)
    expect(message).toMatchObject({ recipients: [{ unit: 'edu', name: '市教育局', role: 'to' }] })
    expect((message as DocumentMessage).recipients).toHaveLength(1)
    expect(targets.map(({ unit }) => unit)).toEqual(['edu'])
  })
})

describe('what a flow wants to publish', () => {
  const publish = (releaseLevel: string) => () =>
    resolveOutput(
      {
        type: 'system',
        adapter: 'portal',
        node: 'n',
        message: { ...input, id: `${input.id}~p`, parent: input.id, document: { ...input.document, releaseLevel } },
      },
      input,
      routes,
      t.house.clock.now(),
    )

  it.each(['不公开', '公开属性：不公开', '公开范围：内部', '公开（依申请）', '内部'])(
    'is refused where its level says “%s”, whatever the flow thinks',
    (level) => {
      expect(publish(level)).toThrow(
        expect.objectContaining({ code: 'FIELD_INVALID', facts: expect.objectContaining({ value: level }) as object }),
      )
    },
  )

  it('passes where its level is one of the list', () => {
    // This city has no portal: that is as far as it gets.
    expect(publish('主动公开')).toThrow(expect.objectContaining({ code: 'UNKNOWN_RECIPIENT' }))
  })
})

it('what must not reach a unit says so by its name, whoever asks', () => {
  const hidden = { ...input, mustNotReach: ['science'] }
  const put = (to: LinkTarget) => () =>
    resolveOutput({ ...to, node: 'n', message: hidden }, input, routes, t.house.clock.now())
  for (const to of [
    { type: 'units', units: ['science'] },
    { type: 'system', adapter: 'portal' },
  ] as const)
    expect(put(to)).toThrow(
      expect.objectContaining({
        code: 'MUST_NOT_REACH',
        facts: { value: '市科技局', rule: expect.not.stringContaining('mustNotReach') as string },
      }),
    )
})
