import { describe, expect, it } from 'vitest'
import { petitionPaper } from '../../../adapters/portal/paper.ts'
import { petitionSchema } from '../../../adapters/portal/petition.ts'
import { viewOf } from '../../../adapters/portal/view.ts'
import { PETITION_STATES } from '../../../core/message/petition-states.ts'
import type { DocumentStatus } from '../../../core/ledger/port.ts'
import type { RecipientState } from '../../../core/message/recipient-state.ts'
import { derivedId } from '../../../core/message/ids.ts'
import type {
  DocumentMessage,
  FileRef,
  PetitionMessage,
  Recipient,
  ReplyMessage,
} from '../../../core/message/schema.ts'

const AT = '2026-01-05T01:00:00.000Z'
const envelope = {
  trace: 'st-1',
  from: { name: '信访人' },
  recipients: [] as Recipient[],
  urgency: 'ordinary' as const,
  acceptedAt: AT,
  origin: { system: 'portal' },
  files: [] as FileRef[],
}
const FORM = {
  purpose: '申诉求决',
  title: '关于供暖',
  text: '室温\n不足',
  place: { code: '411681', name: '项城市' },
  category: '010000',
  petitioner: { name: '李四光', phone: '13800005678' },
  accused: '市科技局',
  publish: false,
} satisfies PetitionMessage['petition']
const petition: PetitionMessage = {
  ...envelope,
  schema: 'petition/1',
  kind: 'petition',
  id: 'st-1',
  number: 'CODE',
  petition: FORM,
  mustNotReach: ['science'],
}

type Row = readonly [unit: string, role: 'to' | 'cc', state: RecipientState, at: number]

function referral(...recipients: readonly Row[]): DocumentStatus {
  const message: DocumentMessage = {
    ...envelope,
    recipients: recipients.map(([unit, role]) => ({ unit, name: `${unit} 局`, role })),
    schema: 'document/1',
    kind: 'document',
    id: 'st-1~a',
    document: { direction: 'peer', title: '转送单' },
  }
  return {
    message,
    withdrawn: false,
    recipients: recipients.map(([unit, role, state, at]) => ({ unit, role, state, at, by: '王五' })),
  }
}
const reply = (result: string | undefined, at: number) => ({
  at,
  message: {
    ...envelope,
    from: { unit: 'a', name: 'a 局' },
    schema: 'reply/1',
    kind: 'reply',
    id: `st-r${at}`,
    about: { id: 'st-1~a' },
    reply: { text: '答复', result, at: AT },
  } satisfies ReplyMessage,
})
const T = Date.parse('2026-01-10T17:00:00.000Z')

describe('what a citizen is told', () => {
  it('follows the responsible units, not those that have a copy', () => {
    const state = (...recipients: readonly Row[]) => viewOf(petition, [referral(...recipients)], []).state
    expect(viewOf(petition, [], [])).toEqual({
      state: 'registered',
      acceptedAt: AT,
      updatedAt: AT,
      unit: undefined,
      deadline: undefined,
      reply: undefined,
    })
    expect(state(['a', 'to', 'waiting', T], ['x', 'cc', 'signed', T])).toBe('registered')
    expect(state(['a', 'to', 'delivered', T], ['x', 'cc', 'signed', T])).toBe('forwarded')
    expect(state(['a', 'to', 'delivered', T], ['b', 'to', 'signed', T])).toBe('handling')
    expect(viewOf(petition, [referral(['a', 'to', 'returned', T], ['b', 'to', 'delivered', T])], [])).toMatchObject({
      state: 'forwarded',
      unit: 'b 局',
    })
    expect(viewOf(petition, [referral(['a', 'to', 'returned', T])], [])).toMatchObject({
      state: 'registered',
      unit: undefined,
    })
  })

  it('names units by their names, also where one has merged since, and never by an id', () => {
    const merged = referral(['a', 'to', 'delivered', T])
    const moved: DocumentStatus = {
      ...merged,
      recipients: merged.recipients.map((recipient) => ({ ...recipient, unit: 'gongshangju' })),
    }
    const names: Readonly<Record<string, string>> = { gongshangju: '市工商局' }
    expect(viewOf(petition, [moved], [], (unit) => names[unit]).unit).toBe('市工商局')
    expect(viewOf(petition, [moved], [], () => undefined)).toMatchObject({ state: 'forwarded', unit: undefined })
  })

  it('is where the released petition is, once the office has decided', () => {
    const held = referral(['office', 'to', 'replied', T])
    const asked: DocumentStatus = { ...held, message: { ...held.message, parent: petition.id } }
    const released = referral(['b', 'to', 'delivered', T])
    const referred: DocumentStatus = {
      ...released,
      message: { ...released.message, parent: derivedId(petition.id, 'decision') },
    }
    expect(viewOf(petition, [asked], [])).toMatchObject({ state: 'handling', unit: 'office 局' })
    expect(viewOf(petition, [asked, referred], [])).toMatchObject({ state: 'forwarded', unit: 'b 局' })
  })

  it('has the legal deadline of an appeal, 60 days after the unit took it, by the day in China', () => {
    const view = viewOf(petition, [referral(['a', 'to', 'signed', T])], [])
    expect(view).toMatchObject({ deadline: '2026-03-12', updatedAt: new Date(T).toISOString() })
    const question = { ...petition, petition: { ...petition.petition, purpose: '咨询' as const } }
    expect(viewOf(question, [referral(['a', 'to', 'signed', T])], []).deadline).toBeUndefined()
  })

  it('has the last reply and the state that it names', () => {
    for (const [state, name] of Object.entries(PETITION_STATES))
      expect(viewOf(petition, [], [reply('不详', 1), reply(name, T)])).toMatchObject({
        state,
        reply: { text: '答复', unit: 'a 局' },
        updatedAt: new Date(T).toISOString(),
      })
    for (const result of [undefined, '', '满意']) expect(viewOf(petition, [], [reply(result, T)]).state).toBe('replied')
  })

  it('never says who filed it, who signed it, or who is reported on', () => {
    expect(JSON.stringify(viewOf(petition, [referral(['a', 'to', 'signed', T])], [reply(undefined, T)]))).not.toMatch(
      /李四光|13800005678|王五|科技局|science|CODE/,
    )
  })
})

describe('the petition as a file', () => {
  const paper = (changes: object = {}, files: readonly { readonly name: string }[] = []) =>
    petitionPaper(petitionSchema.parse({ ...FORM, ...changes }), files)

  it('has everything that was filed, in UTF-8 with its mark and with line ends of old programs', () => {
    const text = paper({}, [{ name: '照片.jpg' }]).toString('utf8')
    expect(text.startsWith('\ufeff信访件：关于供暖\r\n')).toBe(true)
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
    for (const part of [
      '目的：申诉求决',
      '问题属地：项城市 411681',
      '信访人：李四光',
      '联系电话：13800005678',
      '被反映单位或人员：市科技局',
      '附件：照片.jpg',
      '室温\r\n不足',
    ])
      expect(text).toContain(part)
    expect(text).not.toContain('住址')
  })

  it('is the same for the same petition', () => {
    expect(paper().equals(paper())).toBe(true)
    expect(paper().equals(paper({ title: '另一件' }))).toBe(false)
  })
})
