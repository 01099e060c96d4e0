import { setTimeout as delay } from 'node:timers/promises'
import type { JsonLog } from '../files/json-log.ts'
import { Refused, TryAgain } from '../oa/port.ts'
import type { AnswerLine, AttemptLine, JournalLine } from './lines.ts'

/**
 * How long a clerk goes on trying while there is a station, and the waits between tries (doubled each time), in
 * milliseconds.
 */
const PATIENCE = { total: 90_000, first: 60, most: 1_000 }

export type Outcome =
  | { readonly status: 'acknowledged'; readonly answer: string }
  | { readonly status: 'refused'; readonly code: string; readonly text: string }
  | { readonly status: 'gave-up'; readonly why: string }

/**
 * Carries out what is attempted: writes the attempt down first, tries until the station has answered, and writes the
 * answer down. A lost connection or a busy station is tried again with the same ids, as a real OA's send queue does.
 */
export class Clerk {
  readonly #journal: JsonLog<JournalLine>
  readonly #elapsed: () => number

  /** @param elapsed milliseconds by which patience is measured: may stand still while the station is down */
  constructor(journal: JsonLog<JournalLine>, elapsed: () => number = () => performance.now()) {
    this.#journal = journal
    this.#elapsed = elapsed
  }

  async attempt(line: Omit<AttemptLine, 't' | 'at'>, action: () => Promise<string>): Promise<Outcome> {
    await this.#journal.add({ t: 'attempt', at: stamp(), ...line })
    const outcome = await this.#try(line.id, action)
    await this.#journal.add(this.#answer(line.id, outcome))
    return outcome
  }

  /** Writes down what is no attempt. */
  note(line: JournalLine): Promise<void> {
    return this.#journal.add(line)
  }

  async #try(id: string, action: () => Promise<string>): Promise<Outcome> {
    const until = this.#elapsed() + PATIENCE.total
    for (let wait = PATIENCE.first; ; wait = Math.min(wait * 2, PATIENCE.most)) {
      try {
        return { status: 'acknowledged', answer: await action() }
      } catch (error) {
        if (error instanceof Refused) return { status: 'refused', code: error.code, text: error.text }
        if (!(error instanceof TryAgain)) throw error
        if (this.#elapsed() >= until) return { status: 'gave-up', why: error.message }
        await this.#journal.add({ t: 'retry', at: stamp(), id, why: error.message })
        await delay(wait)
      }
    }
  }

  #answer(id: string, outcome: Outcome): AnswerLine {
    const at = stamp()
    switch (outcome.status) {
      case 'acknowledged':
        return { t: 'acknowledged', at, id, answer: outcome.answer }
      case 'refused':
        return { t: 'refused', at, id, code: outcome.code, text: outcome.text }
      case 'gave-up':
        return { t: 'gave-up', at, id, why: outcome.why }
    }
  }
}

function stamp(): string {
  return new Date().toISOString()
}
