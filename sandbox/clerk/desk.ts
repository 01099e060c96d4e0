import { join } from 'node:path'
import { JsonLog, readJsonLog } from '../files/json-log.ts'
import type { Inboxes } from '../oa/inboxes.ts'
import type { Kept } from '../oa/item.ts'
import { fileDigests, mainDigest, type Paper } from '../oa/paper.ts'
import type { UnitOa } from '../oa/port.ts'
import { Clerk, type Outcome } from './clerk.ts'
import { JOURNAL_FILE, type Address, type AttemptLine, type JournalLine, type Traffic } from './lines.ts'

/** A document that some unit sent through its OA, and what the station answered. */
export interface SentPaper {
  readonly key: string
  readonly unit: string
  readonly number: string
  readonly title: string
  readonly digest: string
  readonly at: string
  readonly status: 'sending' | Outcome['status'] | 'withdrawn'
  readonly answer: string
  readonly text?: string | undefined
}

/** 办理结果 by which the petition office's reply is its decision. */
const DECISION = '转送'

/** What an attempt to send says beyond the paper itself. */
export type SendNote = Pick<AttemptLine, 'episode' | 'address'> &
  Partial<Pick<AttemptLine, 'lane' | 'queue' | 'whileDown' | 'about' | 'refusal' | 'remind' | 'published'>> & {
    readonly kind: Traffic
    readonly id?: string
  }

/**
 * The clerks of all units: every action goes through here, so that it stands in the attempts journal before it is made
 * and its answer after it. Remembers what was sent, also from earlier runs on the same folder.
 */
export class Desk {
  readonly clerk: Clerk
  readonly #journal: JsonLog<JournalLine>
  readonly #inboxes: Inboxes
  readonly #sent = new Map<string, SentPaper>()
  readonly #heard: ((paper: SentPaper) => void)[] = []
  #acts = 0
  readonly #run: string

  /** @param elapsed by which the clerks' patience is measured */
  constructor(inboxes: Inboxes, elapsed?: () => number) {
    const path = join(inboxes.folder, JOURNAL_FILE)
    this.#recall(readJsonLog<JournalLine>(path))
    this.#journal = new JsonLog(path)
    this.clerk = new Clerk(this.#journal, elapsed)
    this.#inboxes = inboxes
    this.#run = Date.now().toString(36)
  }

  /** A short text that differs from run to run: keys are made from it. */
  get run(): string {
    return this.#run
  }

  /** Called whenever a document is sent, answered or withdrawn. */
  onSent(listener: (paper: SentPaper) => void): void {
    this.#heard.push(listener)
  }

  sentBy(unit: string): readonly SentPaper[] {
    return [...this.#sent.values()].filter((paper) => paper.unit === unit)
  }

  sent(key: string): SentPaper | undefined {
    return this.#sent.get(key)
  }

  async send(oa: UnitOa, paper: Paper, note: SendNote): Promise<Outcome> {
    const { id = paper.key, ...rest } = note
    const digest = mainDigest(paper)
    const first: SentPaper = {
      key: id,
      unit: oa.unit,
      number: paper.number,
      title: paper.title,
      digest,
      at: new Date().toISOString(),
      status: 'sending',
      answer: '',
    }
    if (note.kind !== 'again') this.#remember(first)
    const outcome = await this.clerk.attempt(
      {
        id,
        unit: oa.unit,
        system: oa.system,
        number: paper.number,
        title: paper.title,
        digest,
        files: fileDigests(paper),
        ...rest,
      },
      () => oa.submit(paper),
    )
    if (note.kind !== 'again')
      this.#remember({
        ...first,
        status: outcome.status,
        ...(outcome.status === 'acknowledged'
          ? { answer: outcome.answer }
          : { text: outcome.status === 'refused' ? outcome.text : outcome.why }),
      })
    return outcome
  }

  sign(oa: UnitOa, item: Kept, by: string, episode: string): Promise<Outcome> {
    return this.#act(oa, item, 'sign', episode, () => oa.sign(item, by))
  }

  return(oa: UnitOa, item: Kept, reason: string, by: string, episode: string): Promise<Outcome> {
    return this.#act(oa, item, 'return', episode, () => oa.return(item, reason, by), reason)
  }

  /** 办理答复: to a document, or (kind `answer`) to a petition, which is then the attempt `about`. */
  reply(
    oa: UnitOa,
    item: Kept,
    reply: {
      readonly text: string
      readonly result?: string
      readonly by: string
      readonly episode: string
      readonly petition?: string
    },
  ): Promise<Outcome> {
    const { text, result, by, episode, petition } = reply
    const about = petition ?? [...this.#sent.values()].find((paper) => paper.digest === item.digest)?.key
    return this.clerk.attempt(
      {
        id: this.#actId(oa.unit),
        kind: petition === undefined ? 'reply' : 'answer',
        episode,
        unit: oa.unit,
        system: oa.system,
        number: item.number,
        about,
        text,
        ...(result === undefined ? {} : { result }),
      },
      () => oa.reply(item, text, result, by),
    )
  }

  /** 核定转送: the petition office's decision on a petition, the attempt `about`; it goes on to `address`. */
  decide(
    oa: UnitOa,
    item: Kept,
    decision: {
      readonly text: string
      readonly by: string
      readonly episode: string
      readonly about: string
      readonly title: string
      readonly files: readonly string[]
      readonly address: Address
    },
  ): Promise<Outcome> {
    const { text, by, ...rest } = decision
    return this.clerk.attempt(
      {
        id: this.#actId(oa.unit),
        kind: 'decide',
        unit: oa.unit,
        system: oa.system,
        text,
        result: DECISION,
        ...rest,
      },
      () => oa.reply(item, text, DECISION, by),
    )
  }

  async withdraw(
    oa: UnitOa,
    paper: SentPaper,
    reason: string,
    by: string,
    episode: string,
    more: Pick<AttemptLine, 'published'> = {},
  ): Promise<Outcome> {
    const outcome = await this.clerk.attempt(
      {
        id: this.#actId(oa.unit),
        kind: 'withdraw',
        episode,
        unit: oa.unit,
        system: oa.system,
        number: paper.number,
        about: paper.key,
        text: reason,
        ...more,
      },
      () => oa.withdraw({ key: paper.key, number: paper.number, answer: paper.answer }, reason, by),
    )
    if (outcome.status === 'acknowledged') this.#remember({ ...paper, status: 'withdrawn' })
    return outcome
  }

  close(): Promise<void> {
    return this.#journal.close()
  }

  async #act(
    oa: UnitOa,
    item: Kept,
    kind: 'sign' | 'return',
    episode: string,
    action: () => Promise<string>,
    text?: string,
  ): Promise<Outcome> {
    const about = [...this.#sent.values()].find((paper) => paper.digest === item.digest)
    const outcome = await this.clerk.attempt(
      {
        id: this.#actId(oa.unit),
        kind,
        episode,
        unit: oa.unit,
        system: oa.system,
        number: item.number,
        about: about?.key,
        ...(text === undefined ? {} : { text }),
      },
      action,
    )
    if (outcome.status === 'acknowledged')
      await this.#inboxes.mark(item.system, item.unit, item.id, kind === 'sign' ? 'signed' : 'returned')
    return outcome
  }

  #actId(unit: string): string {
    this.#acts++
    return `act-${unit}-${this.#run}-${this.#acts}`
  }

  #remember(paper: SentPaper): void {
    this.#sent.set(paper.key, paper)
    for (const listener of this.#heard) listener(paper)
  }

  #recall(lines: readonly JournalLine[]): void {
    const withdrawals = new Map<string, string>()
    for (const line of lines) {
      if (line.t === 'attempt' && line.kind === 'withdraw' && line.about !== undefined)
        withdrawals.set(line.id, line.about)
      if (line.t === 'attempt' && line.digest !== undefined && line.number !== undefined && line.kind !== 'again') {
        this.#sent.set(line.id, {
          key: line.id,
          unit: line.unit,
          number: line.number,
          title: line.title ?? '',
          digest: line.digest,
          at: line.at,
          status: 'sending',
          answer: '',
        })
      }
      if (line.t !== 'acknowledged' && line.t !== 'refused' && line.t !== 'gave-up') continue
      const paper = this.#sent.get(line.id)
      if (paper !== undefined)
        this.#sent.set(line.id, {
          ...paper,
          status: line.t,
          ...(line.t === 'acknowledged'
            ? { answer: line.answer }
            : { text: line.t === 'refused' ? line.text : line.why }),
        })
      const withdrawn = this.#sent.get(withdrawals.get(line.id) ?? '')
      if (line.t === 'acknowledged' && withdrawn !== undefined)
        this.#sent.set(withdrawn.key, { ...withdrawn, status: 'withdrawn' })
    }
  }
}
