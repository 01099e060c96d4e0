import { plainText, type CountedItem } from './boxes.ts'
import { expectations, keyOf, ROWS, type Expectation, type Row } from './expect.ts'
import type { Attempt, Box, Files } from './read.ts'
import type { CountedUnit } from './units.ts'

/**
 * One line of the accounts. Documents, withdrawals and receipts are counted in copies: one for each unit that should
 * get it.
 */
export interface Tally {
  attempted: number
  acknowledged: number
  /** refused with the right code; for anything but bad input this is an error */
  refused: number
  delivered: number
  /** acknowledged and in no inbox */
  lost: number
  /** in an inbox more than once */
  duplicated: number
  /** came again under the same id, was recognised by the receiver and not kept twice */
  repeated: number
  /** what nobody should have got, or was answered as it should not have been */
  unexpected: number
}

export interface Accounts {
  readonly kinds: Readonly<Record<Row, Tally>>
  readonly lost: readonly string[]
  readonly duplicated: readonly string[]
  readonly unexpected: readonly string[]
  /** attempts that were never answered, in the end */
  readonly unanswered: readonly string[]
  /** the item that met each expectation: unit's box position, for the order checks */
  readonly met: ReadonlyMap<Expectation, { readonly sequence: number; readonly receivedAt: string }>
}

/** Compares what should be in the inboxes with what is there. */
export function tally(files: Files, units: readonly CountedUnit[]): Accounts {
  const kinds = Object.fromEntries(ROWS.map((row) => [row, emptyTally()])) as Record<Row, Tally>
  const unanswered: string[] = []
  const unexpected: string[] = []
  const expected = expectations(files, units)
  for (const expectation of expected) {
    if (expectation.due || expectation.optional !== true) kinds[expectation.row].attempted++
    if (expectation.due) kinds[expectation.row].acknowledged++
  }
  for (const attempt of files.attempts.values()) judgeAnswer(attempt, files, kinds, unexpected, unanswered)
  const match = matchItems(files.boxes, expected, units)
  for (const [row, line] of match.unexpected) {
    kinds[row].unexpected++
    unexpected.push(line)
  }
  for (const row of match.repeated) kinds[row].repeated++
  for (const [row] of match.duplicated) kinds[row].duplicated++
  const lost: string[] = []
  for (const expectation of expected) {
    if (match.met.has(expectation)) {
      kinds[expectation.row].delivered++
      if (!expectation.due && expectation.optional === true) kinds[expectation.row].attempted++
    } else if (expectation.due) {
      kinds[expectation.row].lost++
      lost.push(
        `${expectation.row}: ${expectation.attempt.number ?? expectation.attempt.id} ⇏ ${expectation.system}/${expectation.unit} (${expectation.key})`,
      )
    }
  }
  return { kinds, lost, duplicated: match.duplicated.map(([, line]) => line), unexpected, unanswered, met: match.met }
}

function emptyTally(): Tally {
  return { attempted: 0, acknowledged: 0, refused: 0, delivered: 0, lost: 0, duplicated: 0, repeated: 0, unexpected: 0 }
}

/**
 * Answers that should have been others: a good submission refused, a bad one accepted, a repeated one answered
 * differently.
 */
function judgeAnswer(
  attempt: Attempt,
  files: Files,
  kinds: Record<Row, Tally>,
  unexpected: string[],
  unanswered: string[],
): void {
  const { end, kind } = attempt
  const name = `${kind}: ${attempt.number ?? attempt.about ?? ''} ${attempt.title ?? attempt.id}`
  const wrong = (why: string): void => {
    kinds[kind].unexpected++
    unexpected.push(`${name}: ${why}`)
  }
  if (kind === 'bad' || kind === 'again') kinds[kind].attempted++
  if (end === undefined || end.t === 'gave-up') {
    unanswered.push(`${name}: ${end?.why ?? '无应答 no answer'}`)
    return
  }
  if (kind === 'bad') {
    if (end.t === 'acknowledged') kinds.bad.acknowledged++
    if (end.t === 'acknowledged')
      wrong(`应拒收却收下 accepted as ${end.answer}, should have been refused as ${attempt.refusal ?? '?'}`)
    else if (end.code !== attempt.refusal)
      wrong(`拒收代码 refused as ${end.code}, should have been ${attempt.refusal ?? '?'}: ${end.text}`)
    else kinds.bad.refused++
    return
  }
  if (end.t === 'refused') {
    kinds[kind].refused++
    // What somebody tries on the sandbox's page may well be refused; the scenario's own must not.
    if (attempt.episode !== 'page') wrong(`被拒收 refused as ${end.code}: ${end.text}`)
    return
  }
  if (kind !== 'again') return
  kinds.again.acknowledged++
  const first = attempt.about === undefined ? undefined : files.attempts.get(attempt.about)?.end
  if (first?.t === 'acknowledged' && first.answer === end.answer) kinds.again.delivered++
  else wrong(`两次应答不同 answered ${end.answer}, at first ${first?.t === 'acknowledged' ? first.answer : '—'}`)
}

interface Match {
  readonly met: Map<Expectation, { readonly sequence: number; readonly receivedAt: string }>
  readonly duplicated: [Row, string][]
  readonly unexpected: [Row, string][]
  readonly repeated: Row[]
}

/**
 * Gives every item to an expectation of its unit; what finds none is a duplicate (all of its like are met) or
 * unexpected.
 */
function matchItems(boxes: readonly Box[], expected: readonly Expectation[], units: readonly CountedUnit[]): Match {
  const unitOf = unitFinder(units)
  const waiting = new Map<string, Expectation[]>()
  for (const expectation of expected) {
    const place = `${expectation.system}/${expectation.unit}/${expectation.key}`
    waiting.set(place, [...(waiting.get(place) ?? []), expectation])
  }
  const match: Match = { met: new Map(), duplicated: [], unexpected: [], repeated: [] }
  for (const box of boxes) {
    const rows = new Map<string, Row>()
    for (const item of box.items) {
      const key = keyOf(item, unitOf)
      const like = waiting.get(`${box.system}/${box.unit}/${key}`) ?? []
      const named = item.about?.externalId
      const meant =
        named === undefined
          ? like
          : like.filter((expectation) => expectation.about === undefined || expectation.about === named)
      const candidates = meant.filter((expectation) => isWhole(expectation, item))
      const free = candidates.find((expectation) => !match.met.has(expectation))
      const row = free?.row ?? candidates[0]?.row ?? meant[0]?.row ?? rowOf(item.kind)
      rows.set(item.id, row)
      const line = `${row}: ${box.system}/${box.unit} #${item.sequence} ${item.kind} ${item.number ?? item.about?.number ?? item.id} (${key})`
      if (item.system !== box.system || item.unit !== box.unit)
        match.unexpected.push([row, `${line}: 在错误的信箱 in the wrong box`])
      else if (free !== undefined) match.met.set(free, { sequence: item.sequence, receivedAt: item.receivedAt })
      // A phone tells no text from another: after a kill one may ring twice.
      else if (candidates.length > 0 && item.kind === 'sms') match.repeated.push(row)
      else if (candidates.length > 0) match.duplicated.push([row, line])
      else
        match.unexpected.push([
          row,
          meant.length === 0 ? line : `${line}: 标题、文字或附件不符 title, words or files differ`,
        ])
    }
    for (const repeat of box.repeats) match.repeated.push(rows.get(repeat.id) ?? 'issue')
  }
  return match
}

/** Rows whose items carry the title and the files of what was attempted. */
const CARRIED: ReadonlySet<Row> = new Set(['issue', 'urgent', 'report', 'publish', 'archive', 'petition', 'decide'])

/** Rows whose items carry the words of what was attempted. */
const TOLD: ReadonlySet<Row> = new Set(['return', 'reply', 'withdraw', 'text', 'answer'])

/**
 * Whether it came as it was sent: the words; or the title, and every file. Beside what a citizen attached, a petition's
 * item has the letter itself.
 */
function isWhole({ row, attempt }: Expectation, item: CountedItem): boolean {
  if (TOLD.has(row)) return plainText(item.text).includes(plainText(attempt.text))
  if (!CARRIED.has(row) || attempt.files === undefined) return true
  const files = (item.files ?? []).map(({ digest }) => digest)
  if (row === 'petition' || row === 'decide')
    return attempt.files.every((digest) => files.includes(digest)) && files.length === attempt.files.length + 1
  return plainText(item.title) === plainText(attempt.title) && files.sort().join() === [...attempt.files].sort().join()
}

/** The row in which an item stands that nobody expected. */
function rowOf(kind: Box['items'][number]['kind']): Row {
  return ROW_OF[kind] ?? 'issue'
}
const ROW_OF: Readonly<Partial<Record<Box['items'][number]['kind'], Row>>> = {
  receipt: 'sign',
  return: 'return',
  withdrawal: 'withdraw',
  reply: 'reply',
  sms: 'remind',
  mail: 'remind',
  shown: 'publish',
  shelved: 'archive',
}

/** A unit's id by id, name, alias or code. */
function unitFinder(units: readonly CountedUnit[]): (text: string | undefined) => string {
  const known = new Map(
    units.flatMap((unit) =>
      [unit.id, unit.name, ...unit.aliases, ...unit.codes].map((text) => [text, unit.id] as const),
    ),
  )
  return (text) => known.get(text?.trim() ?? '') ?? `?${text ?? ''}`
}
