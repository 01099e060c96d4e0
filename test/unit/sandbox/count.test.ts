import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttemptLine } from '../../../sandbox/clerk/lines.ts'
import type { Reckoning } from '../../../sandbox/counting/accounts.ts'
import type { CountedItem } from '../../../sandbox/counting/boxes.ts'
import { table } from '../../../sandbox/counting/table.ts'
import { Day, UNITS } from './lib/day.ts'

/** Documents from anybody to anybody, each signed by some. */
const days = fc
  .array(
    fc.record({
      from: fc.constantFrom(...UNITS.map((u) => u.id)),
      to: fc.uniqueArray(fc.constantFrom(...UNITS.map((u) => u.id)), { minLength: 1 }),
      signers: fc.nat(5),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((documents) => {
    const day = new Day()
    for (const [n, { from, to, signers }] of documents.entries()) {
      const id = `d${n}x`
      const recipients = to.filter((unit) => unit !== from)
      day.document(id, from, recipients)
      for (const signer of recipients.slice(0, signers)) {
        day.attempt({ id: `s-${id}-${signer}`, unit: signer, kind: 'sign', about: id })
        day.arrive(from, {
          kind: 'receipt',
          state: 'signed',
          from: `${UNITS.find((u) => u.id === signer)?.name}`,
          about: { number: `测〔2011〕${id.length}${id}号`, externalId: id },
        })
      }
    }
    return day
  })

const sum = (r: Reckoning, field: 'lost' | 'duplicated' | 'unexpected' | 'repeated'): number =>
  Object.values(r.kinds).reduce((total, tally) => total + tally[field], 0)

describe('accounts of a made-up day', () => {
  it('balance when everything arrived once', () => {
    fc.assert(
      fc.property(days, (day) => {
        const reckoning = day.reckon()
        expect(reckoning.unexpected).toEqual([])
        expect(reckoning.balanced).toBe(true)
      }),
    )
  })

  it('show one loss for every item that is taken away', () => {
    fc.assert(
      fc.property(days, fc.nat(), (day, which) => {
        const all = [...day.boxes.values()].flatMap((box) => box.map((item) => [box, item] as const))
        fc.pre(all.length > 0)
        const [box, item] = all[which % all.length]!
        box.splice(box.indexOf(item), 1)
        const reckoning = day.reckon()
        expect(sum(reckoning, 'lost')).toBe(1)
        expect(sum(reckoning, 'duplicated') + sum(reckoning, 'unexpected')).toBe(0)
        expect(reckoning.balanced).toBe(false)
      }),
    )
  })

  it('show one duplicate for every item that lies there twice under different ids', () => {
    fc.assert(
      fc.property(days, fc.nat(), (day, which) => {
        const all = [...day.boxes.values()].flatMap((box) => box.map((item) => [box, item] as const))
        fc.pre(all.length > 0)
        const [box, item] = all[which % all.length]!
        box.push({ ...item, id: `${item.id}-again`, sequence: box.length + 1 })
        const reckoning = day.reckon()
        expect(sum(reckoning, 'duplicated')).toBe(1)
        expect(sum(reckoning, 'lost') + sum(reckoning, 'unexpected')).toBe(0)
        expect(reckoning.balanced).toBe(false)
      }),
    )
  })

  it('show as unexpected what nobody was meant to get: another content, another unit, a damaged file', () => {
    fc.assert(
      fc.property(
        days,
        fc.nat(),
        fc.constantFrom<Partial<CountedItem>>({ digest: 'f'.repeat(64) }, { number: '别〔2011〕1号' }),
        (day, which, change) => {
          const all = [...day.boxes.values()].flatMap((box) =>
            box.filter((item) => item.kind === 'document').map((item) => [box, item] as const),
          )
          fc.pre(all.length > 0)
          const [box, item] = all[which % all.length]!
          box[box.indexOf(item)] = { ...item, ...change }
          const reckoning = day.reckon()
          expect(sum(reckoning, 'unexpected')).toBe(1)
          expect(sum(reckoning, 'lost')).toBe(1)
          expect(reckoning.balanced).toBe(false)
        },
      ),
    )
  })

  it('show as unexpected and lost what came without an annex, with another one, with one too many, or under another title, wherever it came', () => {
    const sent: Partial<AttemptLine> = { title: '关于 ＡＢ的通知', files: ['main', 'annex'], published: 1 }
    const whole = { title: '关于AB的通知', files: [{ digest: 'annex' }, { digest: 'main' }] }
    const day = (): Day => {
      const made = new Day().attempt({
        id: 'a',
        unit: 'office',
        kind: 'issue',
        number: '测〔2011〕1号',
        digest: 'main',
        address: { units: ['finance'] },
        ...sent,
      })
      made.arrive('finance', { kind: 'document', number: '测〔2011〕1号', digest: 'main', ...whole })
      made.arrive('items', { kind: 'shelved', key: 'shelved|测20111|关于AB的通知', ...whole })
      return made.arrive('publications', { kind: 'shown', key: 'published|测20111|1', ...whole })
    }
    expect(day().reckon()).toMatchObject({
      balanced: true,
      kinds: { issue: { delivered: 1 }, archive: { delivered: 1 }, publish: { delivered: 1 } },
    })
    for (const [place, row] of [
      ['finance', 'issue'],
      ['items', 'archive'],
      ['publications', 'publish'],
    ] as const) {
      for (const change of [
        { files: [{ digest: 'main' }] },
        { files: [] },
        { files: undefined },
        { files: [{ digest: 'main' }, { digest: 'other' }] },
        { files: [...whole.files, { digest: 'more' }] },
        { title: '鍏充簬' },
      ]) {
        const damaged = day()
        Object.assign(damaged.boxes.get(place)?.[0] ?? {}, change)
        expect(damaged.reckon(), `${place} ${JSON.stringify(change)}`).toMatchObject({
          balanced: false,
          kinds: { [row]: { lost: 1, unexpected: 1 } },
        })
      }
    }
  })

  it('show a petition that came without what the citizen attached', () => {
    const day = (files: readonly string[]): Day =>
      new Day()
        .attempt({
          id: 'p',
          unit: 'citizen',
          kind: 'petition',
          title: '路灯不亮（p）',
          address: { units: ['finance'] },
          files: ['photo'],
        })
        .arrive('finance', {
          kind: 'document',
          title: '信访事项转送单：路灯不亮（p）',
          files: files.map((digest) => ({ digest })),
        })
    expect(day(['letter', 'photo']).reckon()).toMatchObject({ balanced: true, kinds: { petition: { delivered: 1 } } })
    for (const files of [['letter'], ['letter', 'other'], ['photo']])
      expect(day(files).reckon()).toMatchObject({ balanced: false, kinds: { petition: { lost: 1, unexpected: 1 } } })
  })

  it('show a return, a withdrawal, a reply or an SMS that came with other words than it was sent with', () => {
    const about = { number: '测〔2011〕1d号' }
    const day = (kind: 'return' | 'withdraw' | 'reply' | 'text', came: string | undefined): Day => {
      const [unit, to] = kind === 'withdraw' ? ['office', 'finance'] : ['finance', 'office']
      return new Day()
        .document('d', 'office', ['finance'])
        .attempt({ id: 'a', unit, kind, about: 'd', text: '份数不符，请补发' })
        .arrive(to, {
          kind: kind === 'withdraw' ? 'withdrawal' : kind === 'text' ? 'reply' : kind,
          from: '市finance',
          about,
          text: came,
        })
    }
    for (const kind of ['return', 'withdraw', 'reply', 'text'] as const) {
      expect(day(kind, '理由：份数不符, 请补发').reckon()).toMatchObject({
        balanced: true,
        kinds: { [kind]: { delivered: 1 } },
      })
      for (const came of ['份数不符', '鍏充簬', undefined])
        expect(day(kind, came).reckon()).toMatchObject({
          balanced: false,
          kinds: { [kind]: { lost: 1, unexpected: 1 } },
        })
    }
  })

  it('count a recognised repetition, which only a kill explains', () => {
    const day = new Day().document('a', 'office', ['finance'])
    day.repeats.set('finance', [{ id: 'finance-1', kind: 'document', at: day.now() }])
    expect(day.reckon()).toMatchObject({ balanced: false, kinds: { issue: { repeated: 1, duplicated: 0 } } })
    day.lines.push({ t: 'kill', at: day.now(), process: 'station', pid: 1 })
    expect(day.reckon()).toMatchObject({ balanced: true, kills: 1, kinds: { issue: { repeated: 1 } } })
  })
})

describe('answers', () => {
  it('are due for every attempt', () => {
    const reckoning = new Day()
      .attempt(
        {
          id: 'a',
          unit: 'office',
          kind: 'issue',
          number: '测〔2011〕1号',
          digest: 'a',
          address: { units: ['finance'] },
        },
        'none',
      )
      .reckon()
    expect(reckoning).toMatchObject({ balanced: false, kinds: { issue: { attempted: 1, acknowledged: 0, lost: 0 } } })
    expect(reckoning.unanswered).toHaveLength(1)
  })

  it('may stay out although the document arrived: then it is delivered, not unexpected', () => {
    const day = new Day()
      .attempt(
        {
          id: 'a',
          unit: 'office',
          kind: 'issue',
          number: '测〔2011〕1号',
          digest: 'a',
          address: { units: ['finance'] },
        },
        'none',
      )
      .arrive('finance', { kind: 'document', number: '测〔2011〕1号', digest: 'a' })
    expect(day.reckon()).toMatchObject({ kinds: { issue: { delivered: 1, lost: 0, unexpected: 0 } } })
  })

  it('must be refusals with the right code for bad input', () => {
    const bad = { id: 'b', unit: 'office', kind: 'bad', refusal: 'CLASSIFIED' } as const
    expect(new Day().attempt(bad, 'refused', 'CLASSIFIED').reckon()).toMatchObject({
      balanced: true,
      kinds: { bad: { attempted: 1, refused: 1, acknowledged: 0, unexpected: 0 } },
    })
    expect(new Day().attempt(bad, 'refused', 'INTERNAL').reckon()).toMatchObject({
      balanced: false,
      kinds: { bad: { refused: 0, unexpected: 1 } },
    })
    expect(new Day().attempt(bad, 'acknowledged').reckon()).toMatchObject({
      balanced: false,
      kinds: { bad: { acknowledged: 1, unexpected: 1 } },
    })
  })

  it('must not be refusals for good submissions, and nothing of them may arrive', () => {
    const refused = new Day().attempt(
      { id: 'a', unit: 'office', kind: 'issue', number: '测〔2011〕1号', digest: 'a', address: { units: ['finance'] } },
      'refused',
      'OVERLOADED',
    )
    expect(refused.reckon()).toMatchObject({ balanced: false, kinds: { issue: { refused: 1, unexpected: 1 } } })
    refused.arrive('finance', { kind: 'document', number: '测〔2011〕1号', digest: 'a' })
    expect(refused.reckon()).toMatchObject({ kinds: { issue: { unexpected: 2 } } })
  })

  it('may be refusals for what somebody tried on the page', () => {
    const day = new Day()
    day.lines.push(
      {
        t: 'attempt',
        at: day.now(),
        id: 'p',
        episode: 'page',
        kind: 'issue',
        unit: 'office',
        system: 'oa-a',
        number: '测〔2011〕1号',
        digest: 'a',
        address: { units: ['finance'] },
      },
      { t: 'refused', at: day.now(), id: 'p', code: 'CLASSIFIED', text: '…' },
    )
    expect(day.reckon()).toMatchObject({ balanced: true, kinds: { issue: { refused: 1, unexpected: 0 } } })
  })

  it('are the same when the same is submitted again', () => {
    const again = new Day()
      .document('a', 'office', ['finance'])
      .attempt({ id: 'a-2', unit: 'office', kind: 'again', about: 'a' })
    expect(again.reckon()).toMatchObject({
      balanced: true,
      kinds: { again: { attempted: 1, acknowledged: 1, delivered: 1 } },
    })
    const other = new Day()
      .document('a', 'office', ['finance'])
      .attempt({ id: 'a-2', unit: 'office', kind: 'again', about: 'b' })
    expect(other.reckon()).toMatchObject({ balanced: false, kinds: { again: { unexpected: 1 } } })
  })
})

describe('who should have got what', () => {
  it('follows from groups and names, each unit once, without the sender', () => {
    const day = new Day().attempt({
      id: 'a',
      unit: 'office',
      kind: 'issue',
      number: '测〔2011〕1号',
      digest: 'a',
      address: { groups: ['department', 'county'], units: ['finance'] },
    })
    const reckoning = day.reckon()
    expect(reckoning.kinds.issue).toMatchObject({ attempted: 5, acknowledged: 5, lost: 5 })
  })

  it('includes the automatic receipt once the office holds the report', () => {
    const day = new Day().document('r', 'finance', ['office'], { kind: 'report' })
    expect(day.reckon()).toMatchObject({ balanced: false, kinds: { taken: { attempted: 1, lost: 1 } } })
    day.arrive('finance', { kind: 'receipt', state: 'taken', from: '市office', about: { number: '测〔2011〕1r号' } })
    expect(day.reckon()).toMatchObject({
      balanced: true,
      kinds: { report: { delivered: 1 }, taken: { delivered: 1, lost: 0 } },
    })
  })

  it('includes a withdrawal for everybody who had the document', () => {
    const day = new Day()
      .document('w', 'office', ['finance', 'north'])
      .attempt({ id: 'x', unit: 'office', kind: 'withdraw', about: 'w' })
    day.arrive('finance', { kind: 'withdrawal', about: { number: '测〔2011〕1w号' } })
    expect(day.reckon()).toMatchObject({
      balanced: false,
      kinds: { withdraw: { attempted: 2, delivered: 1, lost: 1 } },
    })
    day.arrive('north', { kind: 'withdrawal', about: { number: '测〔2011〕1w号' } })
    expect(day.reckon()).toMatchObject({ balanced: true, kinds: { withdraw: { delivered: 2 } } })
  })

  it('tells receipts about two documents of one number apart by the sender’s id', () => {
    const day = new Day()
      .document('one', 'office', ['finance'], { number: '测〔2011〕9号' })
      .document('two', 'office', ['finance'], { number: '测〔2011〕9号' })
    for (const item of day.boxes.get('finance') ?? []) Object.assign(item, { number: '测〔2011〕9号' })
    day
      .attempt({ id: 's1', unit: 'finance', kind: 'sign', about: 'one' })
      .attempt({ id: 's2', unit: 'finance', kind: 'sign', about: 'two' })
    const receipt = {
      kind: 'receipt',
      state: 'signed',
      from: 'finance局',
      about: { number: '测〔2011〕9号', externalId: 'one' },
    } as const
    day.arrive('office', receipt).arrive('office', receipt)
    expect(day.reckon()).toMatchObject({ kinds: { sign: { delivered: 1, duplicated: 1, lost: 1 } } })
  })
})

it('prints a table that ends with the verdict', () => {
  expect(table(new Day().document('a', 'office', ['finance']).reckon())).toMatch(/账目平衡 The accounts balance$/)
})
