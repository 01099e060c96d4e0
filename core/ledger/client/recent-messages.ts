import { jsonOf } from '../../message/json.ts'
import type { Message } from '../../message/schema.ts'
import { Recent, textBytes } from '../../util/recent.ts'

/** Some seconds' worth at full load: a message and its JSON text, about. */
const MOST_BYTES = 32 * 1024 * 1024

/** Messages of the last moments, exactly as the ledger has them: its thread need not send back what this one knows. */
export class RecentMessages {
  readonly #messages = new Recent<Message>(MOST_BYTES, (message) => 2 * textBytes(jsonOf(message)))

  add(message: Message): void {
    this.#messages.set(message.id, message)
  }

  get(id: string): Message | undefined {
    return this.#messages.get(id)
  }

  /** The message that a row is about: ids of hops and deliveries begin with its id. */
  ofRow(row: string): Message | undefined {
    return this.#messages.get(/^[^/@]*/.exec(row)?.[0] ?? '')
  }
}
