import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { AttemptLine, JournalLine } from '../../../sandbox/clerk/lines.ts'
import { reckon, type Reckoning } from '../../../sandbox/counting/accounts.ts'
import { sortLines, type Box } from '../../../sandbox/counting/read.ts'
import { table } from '../../../sandbox/counting/table.ts'
import type { CountedUnit } from '../../../sandbox/counting/units.ts'
import type { CountedItem } from '../../../sandbox/counting/boxes.ts'

const UNITS: CountedUnit[] = [
  ...['office', 'finance', 'water', 'education'].map((id) => ({
    id,
    name: `市${id}`,
    groups: [id === 'office' ? 'office' : 'department'],
    system: 'oa-a',
    aliases: [`${id}局`],
    codes: [`0${id}`],
  })),
  ...['north', 'south'].map((id) => ({
    id,
    name: `${id}县`,
    groups: ['county'],
    system: 'oa-b',
    aliases: [],
    codes: [],
  })),
]

const PHONE = '13800000001'

/** A made-up day in which everything went well: journal and inboxes agree. */
class Day {
  readonly lines: JournalLine[] = []
  readonly boxes = new Map<string, CountedItem[]>()
  readonly repeats = new Map<string, { id: string; kind: string; at: string }[]>()
  #clock = Date.parse('2011-09-01T00:00:00Z')

  attempt(
    line: Omit<AttemptLine, 't' | 'at' | 'episode' | 'system'>,
    end: 'acknowledged' | 'refused' | 'none' = 'acknowledged',
    code = 'X',
  ): this {
    this.lines.push({ t: 'attempt', at: this.now(), episode: 'test', system: systemOf(line.unit), ...line })
    if (end === 'acknowledged')
      this.lines.push({ t: 'acknowledged', at: this.now(), id: line.id, answer: `accepted-${line.about ?? line.id}` })
    if (end === 'refused') this.lines.push({ t: 'refused', at: this.now(), id: line.id, code, text: '…' })
    return this
  }

  arrive(unit: string, item: Omit<CountedItem, 'system' | 'unit' | 'sequence' | 'receivedAt' | 'id'>): this {
    const system = systemOf(unit)
    const box = this.boxes.get(unit) ?? []
    box.push({
      system,
      unit,
      sequence: box.length + 1,
      receivedAt: this.now(),
      id: `${unit}-${box.length + 1}`,
      ...item,
    })
    this.boxes.set(unit, box)
    return this
  }

  document(id: string, from: string, to: readonly string[], more: Partial<AttemptLine> = {}): this {
    const digest = id.padEnd(64, '0')
    this.attempt({
      id,
      unit: from,
      kind: 'issue',
      number: `测〔2011〕${id.length}${id}号`,
      digest,
      address: { units: to },
      ...more,
    })
    for (const unit of to) this.arrive(unit, { kind: 'document', number: `测[2011]${id.length}${id}`, digest })
    return more.kind === 'report'
      ? this
      : this.arrive('items', { kind: 'shelved', key: `shelved|测2011${id.length}${id}|` })
  }

  reckon(): Reckoning {
    const boxes: Box[] = [...this.boxes].map(([unit, items]) => ({
      system: systemOf(unit),
      unit,
      items,
      repeats: this.repeats.get(unit) ?? [],
    }))
    return reckon({ ...sortLines(this.lines), boxes }, UNITS)
  }

  pass(ms: number): this {
    this.#clock += ms
    return this
  }

  now(): string {
    this.#clock += 10
    return new Date(this.#clock).toISOString()
  }
}

function systemOf(unit: string): string {
  const elsewhere: Readonly<Record<string, string>> = { items: 'archive', publications: 'portal', [PHONE]: 'sms' }
  return elsewhere[unit] ?? UNITS.find((one) => one.id === unit)?.system ?? '?'
}

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

describe('order', () => {
  const check = (day: Day, name: string): boolean | undefined =>
    day.reckon().order.find((one) => one.check === name)?.ok

  it('a withdrawal never stands before its document', () => {
    const day = new Day()
      .attempt({
        id: 'w',
        unit: 'office',
        kind: 'issue',
        number: '测〔2011〕1号',
        digest: 'w',
        address: { units: ['finance'] },
      })
      .attempt({ id: 'x', unit: 'office', kind: 'withdraw', about: 'w' })
    day.arrive('finance', { kind: 'withdrawal', about: { number: '测〔2011〕1号' } })
    expect(check(day, 'withdrawal-after-document')).toBe(false)
    day.arrive('finance', { kind: 'document', number: '测〔2011〕1号', digest: 'w' })
    expect(check(day, 'withdrawal-after-document')).toBe(false)
  })

  it('a lane keeps its order', () => {
    const inOrder = new Day()
    for (const id of ['a', 'b', 'c']) inOrder.document(id, 'office', ['finance', 'north'], { lane: 'north' })
    expect(check(inOrder, 'lane-in-order')).toBe(true)
    const box = inOrder.boxes.get('north')!
    ;[box[0], box[2]] = [
      { ...box[2]!, sequence: 1 },
      { ...box[0]!, sequence: 3 },
    ]
    expect(check(inOrder, 'lane-in-order')).toBe(false)
    const elsewhere = new Day()
    for (const id of ['a', 'b']) elsewhere.document(id, 'office', ['finance', 'north'], { lane: 'north' })
    const other = elsewhere.boxes.get('finance')!
    ;[other[0], other[1]] = [
      { ...other[1]!, sequence: 1 },
      { ...other[0]!, sequence: 2 },
    ]
    expect(check(elsewhere, 'lane-in-order')).toBe(true)
  })

  it('an urgent document overtakes what waits', () => {
    const queue = (urgentAt: number): Day => {
      const day = new Day()
      const ids = Array.from({ length: 100 }, (_, n) => `q${n}`)
      for (const id of ids)
        day.attempt({
          id,
          unit: 'office',
          kind: 'issue',
          number: `测〔2011〕${id}号`,
          digest: id,
          address: { units: ['south'] },
          queue: 'slow',
        })
      day.attempt({
        id: 'u',
        unit: 'office',
        kind: 'urgent',
        number: '特〔2011〕1号',
        digest: 'u',
        address: { units: ['south'] },
        queue: 'slow',
      })
      for (const [n, id] of ids.entries()) {
        if (n === urgentAt) day.arrive('south', { kind: 'document', number: '特〔2011〕1号', digest: 'u' })
        day.arrive('south', { kind: 'document', number: `测〔2011〕${id}号`, digest: id })
      }
      return day
    }
    expect(check(queue(3), 'urgent-first')).toBe(true)
    expect(check(queue(30), 'urgent-first')).toBe(false)
  })

  it('nothing of a petition that reports on a unit lies anywhere else, whether it bears the title or only the number', () => {
    for (const text of ['路灯不亮', '答复 p-00']) {
      const day = new Day().attempt({
        id: 'p-00',
        unit: 'citizen',
        kind: 'petition',
        title: '路灯不亮',
        address: { units: [] },
        accused: 'finance',
      })
      expect(check(day, 'accused-hear-nothing')).toBe(true)
      expect(check(day.arrive('finance', { kind: 'reply', text }), 'accused-hear-nothing')).toBe(false)
    }
  })

  it('nobody is reminded who signed long before; on a busy machine that is longer', () => {
    const title = '会议通知'
    const meeting = (tookMs: number, laterMs: number): Day =>
      new Day()
        .attempt({
          id: 'm',
          unit: 'office',
          kind: 'issue',
          title,
          number: '测〔2011〕1m号',
          digest: 'm',
          address: { units: ['finance'] },
          remind: { finance: { phone: PHONE, mail: 'director@sandbox.invalid', absent: false } },
        })
        .pass(tookMs)
        .arrive('finance', { kind: 'document', number: '测〔2011〕1m号', digest: 'm' })
        .attempt({ id: 's', unit: 'finance', kind: 'sign', about: 'm' })
        .pass(laterMs)
        .arrive(PHONE, { kind: 'sms', key: `sms|${title}` })
    const reminded = (day: Day) => day.reckon().order.find(({ check }) => check === 'reminded-in-time')
    expect(reminded(meeting(500, 5_000))).toMatchObject({ ok: true, compared: 1 })
    expect(reminded(meeting(500, 9_000))).toMatchObject({ ok: false, compared: 1 })
    expect(reminded(meeting(5_000, 9_000))).toMatchObject({ ok: true })
    expect(reminded(meeting(5_000, 18_000))).toMatchObject({ ok: false })
  })

  it('nobody waits for an OA that is down', () => {
    const day = new Day().document('a', 'office', ['finance', 'north'], { whileDown: 'north' })
    day.lines.push({ t: 'switch', at: day.now(), oa: 'north', on: true })
    expect(check(day, 'nobody-waits')).toBe(true)
    day.document('b', 'office', ['finance'], { whileDown: 'north' })
    expect(check(day, 'nobody-waits')).toBe(false)
  })
})

it('prints a table that ends with the verdict', () => {
  expect(table(new Day().document('a', 'office', ['finance']).reckon())).toMatch(/账目平衡 The accounts balance$/)
})
