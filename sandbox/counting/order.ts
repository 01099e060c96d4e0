import { PETITION_OFFICE, type Expectation } from './expect.ts'
import { plainNumber } from './numbers.ts'
import type { Accounts } from './tally.ts'
import type { Attempt, Files } from './read.ts'

/** One promise, mostly about order, and whether the files bear it out. */
export interface OrderCheck {
  readonly check: string
  readonly zh: string
  readonly en: string
  readonly ok: boolean
  /** how many pairs or items were compared */
  readonly compared: number
  readonly wrong: readonly string[]
}

/**
 * Of the ordinary ones that wait, this share may still leave before the urgent one: those under way, and what a killed
 * process delays.
 */
const MAY_SLIP = 0.06
/** A reminder that was on its way when the signature came, milliseconds; on a busy machine more: see `pace`. */
const ON_ITS_WAY_MS = 6_000
/** An urgent document that overtakes fewer proves nothing. */
const LEAST_WAITING = 50

export function orderChecks(files: Files, accounts: Accounts): OrderCheck[] {
  return [
    withdrawals(files),
    lanes(accounts),
    urgentFirst(files, accounts),
    nobodyWaits(files, accounts),
    remindedInTime(files, accounts),
    accusedHearNothing(files),
    ...noted(files),
  ]
}

/** 撤回 never stands in an inbox before the document that it withdraws, nor without it. */
function withdrawals(files: Files): OrderCheck {
  const wrong: string[] = []
  let compared = 0
  for (const box of files.boxes) {
    for (const item of box.items.filter((one) => one.kind === 'withdrawal')) {
      compared++
      const number = plainNumber(item.about?.number ?? item.number)
      const document = box.items.find((one) => one.kind === 'document' && plainNumber(one.number) === number)
      if (document === undefined || document.sequence > item.sequence)
        wrong.push(`${box.system}/${box.unit} #${item.sequence}`)
    }
  }
  return {
    check: 'withdrawal-after-document',
    zh: '撤回不先于原文',
    en: 'no withdrawal before its document',
    ok: wrong.length === 0,
    compared,
    wrong,
  }
}

/**
 * Documents of one lane stand in that unit's inbox in the order in which they were attempted. Other recipients are
 * promised no order between documents.
 */
function lanes(accounts: Accounts): OrderCheck {
  const lanes = new Map<string, { order: number; sequence: number }[]>()
  for (const [expectation, item] of accounts.met) {
    const { lane } = expectation.attempt
    if (lane !== expectation.unit || !isDocument(expectation)) continue
    lanes.set(lane, [...(lanes.get(lane) ?? []), { order: expectation.attempt.order, sequence: item.sequence }])
  }
  const wrong: string[] = []
  let compared = 0
  for (const [lane, items] of lanes) {
    items.sort((a, b) => a.order - b.order)
    for (let i = 1; i < items.length; i++) {
      compared++
      const before = items[i - 1]
      const after = items[i]
      if (before !== undefined && after !== undefined && before.sequence > after.sequence)
        wrong.push(`${lane}: #${after.sequence} < #${before.sequence}`)
    }
  }
  return {
    check: 'lane-in-order',
    zh: '停机县恢复后按序收文',
    en: 'the county that was down got its documents in order',
    ok: wrong.length === 0,
    compared,
    wrong,
  }
}

/**
 * An urgent document arrives before nearly all the ordinary ones that were waiting in its queue when it was accepted.
 */
function urgentFirst(files: Files, accounts: Accounts): OrderCheck {
  const wrong: string[] = []
  let compared = 0
  for (const urgent of [...files.attempts.values()].filter(
    (attempt) => attempt.kind === 'urgent' && attempt.queue !== undefined,
  )) {
    if (urgent.end?.t !== 'acknowledged') continue
    for (const [expectation, arrival] of accounts.met) {
      if (expectation.attempt !== urgent || !isDocument(expectation)) continue
      const accepted = urgent.end.at
      const waiting = [...accounts.met].filter(
        ([other, item]) =>
          other.attempt.kind === 'issue' &&
          other.attempt.queue === urgent.queue &&
          other.unit === expectation.unit &&
          other.attempt.end?.t === 'acknowledged' &&
          other.attempt.end.at < urgent.at &&
          item.receivedAt > accepted,
      )
      const slipped = waiting.filter(([, item]) => item.sequence < arrival.sequence).length
      compared += waiting.length
      if (waiting.length < LEAST_WAITING)
        wrong.push(`${urgent.number ?? urgent.id}: 等待的普通件仅 only ${waiting.length} were waiting`)
      else if (slipped > Math.ceil(waiting.length * MAY_SLIP))
        wrong.push(`${urgent.number ?? urgent.id}: ${slipped}/${waiting.length} 件普通件先到 ordinary ones came first`)
    }
  }
  return {
    check: 'urgent-first',
    zh: '特急先于等待中的普通件',
    en: 'the urgent one before the ordinary ones that waited',
    ok: wrong.length === 0,
    compared,
    wrong,
  }
}

/** What was sent while one OA was down had reached everybody else before it was up again. */
function nobodyWaits(files: Files, accounts: Accounts): OrderCheck {
  const wrong: string[] = []
  let compared = 0
  const upAgain = new Map<string, string>()
  for (const line of files.incidents) if (line.t === 'switch' && line.on) upAgain.set(line.oa, line.at)
  for (const [expectation, item] of accounts.met) {
    const down = expectation.attempt.whileDown
    if (down === undefined || expectation.unit === down || !isDocument(expectation)) continue
    compared++
    const until = upAgain.get(down)
    if (until === undefined || item.receivedAt > until)
      wrong.push(`${expectation.attempt.number ?? expectation.attempt.id} → ${expectation.unit} ${item.receivedAt}`)
  }
  return {
    check: 'nobody-waits',
    zh: '一县停机，别人不等',
    en: 'nobody else waited while a county was down',
    ok: wrong.length === 0,
    compared,
    wrong,
  }
}

/**
 * How long a document took from its sender to the unit in the middle, milliseconds: how busy station and machine were.
 */
function pace(document: Attempt, accounts: Accounts): number {
  const times = [...accounts.met]
    .filter(([{ attempt, row }]) => attempt === document && row === 'issue')
    .map(([, { receivedAt }]) => Date.parse(receivedAt) - Date.parse(document.at))
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? 0
}

/** Nobody is reminded whose signature the station had acknowledged already, whatever was killed in between. */
function remindedInTime(files: Files, accounts: Accounts): OrderCheck {
  const signedAt = new Map<string, string>()
  for (const act of files.attempts.values())
    if (act.kind === 'sign' && act.end?.t === 'acknowledged') signedAt.set(`${act.about ?? ''} ${act.unit}`, act.end.at)
  const wrong: string[] = []
  let compared = 0
  for (const [{ row, attempt, unit: place }, item] of accounts.met) {
    if (row !== 'remind') continue
    compared++
    const [unit = ''] =
      Object.entries(attempt.remind ?? {}).find(([, { phone, mail }]) => phone === place || mail === place) ?? []
    const signed = signedAt.get(`${attempt.id} ${unit}`)
    if (
      signed !== undefined &&
      Date.parse(item.receivedAt) - Date.parse(signed) > ON_ITS_WAY_MS + 2 * pace(attempt, accounts)
    )
      wrong.push(`${attempt.number ?? attempt.id} → ${unit}: ${signed} < ${item.receivedAt}`)
  }
  return {
    check: 'reminded-in-time',
    zh: '已签收的不再催办',
    en: 'who had signed was not reminded',
    ok: wrong.length === 0,
    compared,
    wrong,
  }
}

/**
 * Nothing of a petition that reports on a unit lies anywhere but on the portal, with the petition office, and with whom
 * that released it to.
 */
function accusedHearNothing(files: Files): OrderCheck {
  const wrong: string[] = []
  const reports = [...files.attempts.values()].filter(
    (attempt) => attempt.accused !== undefined && attempt.title !== undefined,
  )
  for (const { id, title = '', accused } of reports) {
    const decisions = [...files.attempts.values()].filter(({ kind, about }) => kind === 'decide' && about === id)
    const released = decisions.flatMap(({ address }) => address?.units ?? [])
    const mayKnow = new Set([PETITION_OFFICE, ...released].filter((unit) => unit !== accused))
    for (const box of files.boxes.filter(({ system, unit }) => system !== 'portal' && !mayKnow.has(unit))) {
      for (const item of box.items)
        if ([id, title].some((trace) => JSON.stringify(item).includes(trace)))
          wrong.push(`${title}: ${box.system}/${box.unit} #${item.sequence}`)
    }
  }
  return {
    check: 'accused-hear-nothing',
    zh: '被反映单位收不到信访件',
    en: 'the unit that a petition reports on gets nothing of it',
    ok: wrong.length === 0,
    compared: reports.length,
    wrong,
  }
}

/** What was looked at while the day was played. */
function noted(files: Files): OrderCheck[] {
  return files.incidents.flatMap((line) =>
    line.t === 'check'
      ? [{ check: line.check, zh: line.zh, en: line.en, ok: line.ok, compared: 1, wrong: line.ok ? [] : [line.detail] }]
      : [],
  )
}

function isDocument(expectation: Expectation): boolean {
  return expectation.row === 'issue' || expectation.row === 'urgent' || expectation.row === 'report'
}
