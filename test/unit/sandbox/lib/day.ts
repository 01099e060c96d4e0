import type { AttemptLine, JournalLine } from '../../../../sandbox/clerk/lines.ts'
import { reckon, type Reckoning } from '../../../../sandbox/counting/accounts.ts'
import type { CountedItem } from '../../../../sandbox/counting/boxes.ts'
import { sortLines, type Box } from '../../../../sandbox/counting/read.ts'
import type { CountedUnit } from '../../../../sandbox/counting/units.ts'

export const UNITS: CountedUnit[] = [
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

export const PHONE = '13800000001'

/** A made-up day in which everything went well: journal and inboxes agree. */
export class Day {
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
