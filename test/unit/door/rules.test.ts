import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Accounts } from '../../../core/door/accounts.ts'
import { MemoryBudget } from '../../../core/door/budget.ts'
import { takeFiles } from '../../../core/door/files.ts'
import type { DocumentDraft, DraftFile } from '../../../core/door/port.ts'
import { resolveRecipients } from '../../../core/door/recipients.ts'
import { createUnitDirectory } from '../../../core/directory/unit-directory.ts'
import { YizhanError } from '../../../core/errors/error.ts'

const draft = (
  change: Partial<DocumentDraft> = {},
  document: Partial<DocumentDraft['document']> = {},
): DocumentDraft => ({
  kind: 'document',
  document: { title: '关于秋季防汛工作的通知', ...document },
  files: [],
  ...change,
})
const codeOf = (act: () => unknown): string => {
  try {
    act()
  } catch (error) {
    if (error instanceof YizhanError) return error.code
    throw error
  }
  return 'accepted'
}

describe('files', () => {
  const file = (text: string, declaredDigest?: string): DraftFile => ({
    name: 'a.pdf',
    role: 'main',
    bytes: Buffer.from(text),
    declaredDigest,
  })

  it('go under their SHA-256', () => {
    const { refs, bodies } = takeFiles([file('abc')], 10)
    expect(refs[0]?.digest).toBe('sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(refs[0]?.mediaType).toBe('application/pdf')
    expect(bodies[0]?.digest).toBe(refs[0]?.digest)
  })

  it('are limited together, not each', () => {
    expect(codeOf(() => takeFiles([file('12345'), file('67890')], 9))).toBe('TOO_LARGE')
    expect(codeOf(() => takeFiles([file('12345'), file('67890')], 10))).toBe('accepted')
  })

  it.each(['sha256', 'sm3', 'md5'])('are held against a declared %s', (algorithm) => {
    const good = createHash(algorithm).update('abc').digest('hex')
    expect(codeOf(() => takeFiles([file('abc', `${algorithm}:${good.toUpperCase()}`)], 10))).toBe('accepted')
    expect(codeOf(() => takeFiles([file('abd', `${algorithm}:${good}`)], 10))).toBe('DIGEST_MISMATCH')
  })

  it('with an unknown digest algorithm are refused', () => {
    expect(codeOf(() => takeFiles([file('abc', 'crc32:00')], 10))).toBe('FIELD_INVALID')
  })
})

describe('recipients', () => {
  const directory = createUnitDirectory({
    units: [
      { id: 'caizheng', name: '市财政局', aliases: ['财政局'], groups: ['department'], codes: ['C1'], system: 's' },
      { id: 'jiaoyu', name: '市教育局', aliases: [], groups: ['department'], codes: [], system: 's' },
      { id: 'taikang', name: '太康县政府', aliases: [], groups: ['county'], codes: [], system: 's' },
    ],
    groups: {
      groups: [
        { id: 'department', name: '部门' },
        { id: 'county', name: '县' },
      ],
      phrases: [{ phrase: '市人民政府各部门', groups: ['department'] }],
    },
  })

  it('are each named once, the main role first, the sender left out of groups', () => {
    const { addressed: found } = resolveRecipients(
      draft({ cc: ['caizheng', 'taikang'] }, { mainRecipients: '市人民政府各部门' }),
      directory,
      'jiaoyu',
    )
    expect(found.map((r) => `${r.unit}/${r.role}`)).toEqual(['caizheng/to', 'taikang/cc'])
  })

  it.each([
    ['an unknown id', draft({ to: ['nobody'] }), 'UNKNOWN_RECIPIENT'],
    ['an unknown name in the line', draft({}, { mainRecipients: '市财政局，市火星局' }), 'UNKNOWN_RECIPIENT'],
    ['nobody', draft(), 'NO_RECIPIENT'],
    ['prose beside explicit ids', draft({ to: ['C1'] }, { mainRecipients: '各有关单位' }), 'accepted'],
  ])('%s', (_what, given, code) => {
    expect(codeOf(() => resolveRecipients(given, directory, 'jiaoyu'))).toBe(code)
  })
})

describe('accounts', () => {
  const clock = { at: 0, now: () => clock.at }
  const old: string[] = []
  const accounts = new Accounts(
    () => ({
      accounts: [
        { id: 'a', system: 's', units: ['u1'] },
        { id: 'all', system: 's', units: '*' },
        { id: 'off', system: 's', units: [] },
      ],
      units: [],
      systems: [],
      boundTo: (unit, system) => unit === 'u1' && system === 's',
      find: (text) => (text.startsWith('u') ? { id: text, name: text } : undefined),
      accepted: (account) => [
        ...(account === 'off' ? [] : [{ secret: `secret of account.${account}` }]),
        ...(account === 'all' ? [{ secret: 'the old one', until: 9e15 }] : []),
      ],
      usedOld: (account) => old.push(account),
      elsewhere: () => undefined,
    }),
    clock,
  )
  const login = (name: string, password: string) => accounts.authenticate('s', name, (secret) => secret === password)

  it('know their password and no other', () => {
    expect(login('a', 'secret of account.a').id).toBe('a')
    expect(codeOf(() => login('a', 'x'))).toBe('UNAUTHENTICATED')
    expect(codeOf(() => login('nobody', 'x'))).toBe('UNAUTHENTICATED')
    expect(codeOf(() => accounts.authenticate('other', 'a', () => true))).toBe('UNAUTHENTICATED')
  })

  it('know the one before it too while it holds, and say who uses it', () => {
    expect(login('all', 'the old one').id).toBe('all')
    expect(login('all', 'secret of account.all').id).toBe('all')
    expect(codeOf(() => login('a', 'the old one'))).toBe('UNAUTHENTICATED')
    expect(codeOf(() => login('a', '\0'))).toBe('UNAUTHENTICATED')
    expect(old).toEqual(['all'])
  })

  it.each<[string, string, string]>([
    ['the right password', 's', 'a'],
    ['another system', 'other', 'a'],
    ['one with an old password too', 's', 'all'],
    ['one without a secret', 's', 'off'],
    ['nobody', 's', 'nobody'],
    ['no name', 's', ''],
  ])('compare as often for %s as for anybody: no time tells which names there are', (_who, system, name) => {
    const compared: string[] = []
    const compare = (secret: string): boolean => {
      compared.push(secret)
      return secret === 'secret of account.a'
    }
    codeOf(() => accounts.authenticate(system, name, compare, `from ${name} ${system}`))
    expect(compared).toHaveLength(2)
  })

  it('wait longer and longer where somebody has failed, and nowhere else', () => {
    const from = (source: string, password: string) =>
      accounts.authenticate('s', 'all', (secret) => secret === password, source)
    for (let i = 0; i < 5; i++) expect(codeOf(() => from('thief', 'x'))).toBe('UNAUTHENTICATED')
    expect(codeOf(() => from('thief', 'secret of account.all'))).toBe('ACCOUNT_WAITS')
    expect(from('office', 'secret of account.all').id).toBe('all')
    // A try while it waits changes nothing; the next wrong one doubles the wait.
    clock.at += 5_000
    expect(codeOf(() => from('thief', 'x'))).toBe('UNAUTHENTICATED')
    clock.at += 9_999
    expect(codeOf(() => from('thief', 'secret of account.all'))).toBe('ACCOUNT_WAITS')
    clock.at += 1
    expect(from('thief', 'secret of account.all').id).toBe('all')
    for (let i = 0; i < 4; i++) expect(codeOf(() => from('thief', 'x'))).toBe('UNAUTHENTICATED')
    expect(from('thief', 'secret of account.all').id).toBe('all')
  })

  it('say until when they wait, and never for more than a quarter of an hour', () => {
    const wrong = () => accounts.authenticate('s', 'a', () => false, 'thief')
    for (let i = 0; i < 40; i++) {
      expect(codeOf(wrong)).toBe('UNAUTHENTICATED')
      let facts: { readonly rule?: string | undefined } = {}
      try {
        if (i >= 4) wrong()
      } catch (error) {
        facts = (error as YizhanError).facts
      }
      const wait = facts.rule === undefined ? 0 : Date.parse(facts.rule) - clock.at
      expect(wait).toBe(i < 4 ? 0 : Math.min(15 * 60_000, 5_000 * 2 ** (i - 4)))
      clock.at += wait
    }
  })

  it('wait on whatever other names somebody tries', () => {
    const login = (name: string) => accounts.authenticate('s', name, () => false, 'thief')
    for (let i = 0; i < 5; i++) expect(codeOf(() => login('z'))).toBe('UNAUTHENTICATED')
    for (let i = 0; i < 20_010; i++) expect(codeOf(() => login(`nobody-${i}`))).toBe('UNAUTHENTICATED')
    expect(codeOf(() => login('z'))).toBe('ACCOUNT_WAITS')
  })

  it('speak for their units only', () => {
    const a = { id: 'a', system: 's', units: ['u1'] }
    expect(accounts.unitOf(a, undefined).id).toBe('u1')
    expect(codeOf(() => accounts.unitOf(a, 'u2'))).toBe('NOT_ENTITLED')
    expect(accounts.unitOf({ ...a, units: '*' }, 'u1').id).toBe('u1')
    expect(codeOf(() => accounts.unitOf({ ...a, units: '*' }, 'u2'))).toBe('NOT_ENTITLED')
    expect(codeOf(() => accounts.unitOf({ ...a, units: '*' }, undefined))).toBe('NOT_ENTITLED')
  })
})

describe('memory budget', () => {
  it('refuses beyond its limit, never the only request, and counts a release once', () => {
    const budget = new MemoryBudget(100)
    const big = budget.open('a', 'one')
    big.grow(150)
    const other = budget.open('b', 'two')
    expect(codeOf(() => other.grow(1))).toBe('OVERLOADED')
    big.release()
    big.release()
    other.grow(1)
    other.release()
    expect(budget.used).toBe(0)
  })

  it('keeps most of it for those who have logged in, and none of them the others out', () => {
    const budget = new MemoryBudget(1000)
    for (const source of ['a', 'b']) budget.open(source).grow(125)
    expect(codeOf(() => budget.open('a').grow(1))).toBe('OVERLOADED')
    expect(codeOf(() => budget.open('b').grow(1))).toBe('OVERLOADED')
    expect(codeOf(() => budget.open('c').grow(1))).toBe('OVERLOADED')
    const one = budget.open('a', 'one')
    one.grow(500)
    expect(codeOf(() => one.grow(1))).toBe('OVERLOADED')
    budget.open('a', 'two').grow(250)
  })

  it('counts what a stranger had brought as his who turns out to have sent it', () => {
    const budget = new MemoryBudget(1000)
    const stranger = budget.open('a')
    stranger.grow(125)
    stranger.own('one')
    const next = budget.open('a')
    next.grow(125)
    stranger.grow(375)
    expect(codeOf(() => stranger.grow(1))).toBe('OVERLOADED')
    stranger.release()
    expect(budget.used).toBe(125)
  })
})
