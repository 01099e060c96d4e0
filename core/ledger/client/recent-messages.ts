import type { Message } from '../../message/schema.ts'

/** Some seconds' worth at full load */
const MOST = 4_000

/** Messages of the last moments, exactly as the ledger has them: its thread need not send back what this one knows. */
export class RecentMessages {
  readonly #messages = new Map<string, Message>()

  add(message: Message): void {
    this.#messages.set(message.id, message)
    if (this.#messages.size <= MOST) return
    for (const [oldest] of this.#messages) {
      this.#messages.delete(oldest)
      return
    }
  }

  get(id: string): Message | undefined {
    return this.#messages.get(id)
  }

  /** The message that a row is about: ids of hops and deliveries begin with its id. */
  ofRow(row: string): Message | undefined {
    return this.#messages.get(/^[^/@]*/.exec(row)?.[0] ?? '')
  }
}
