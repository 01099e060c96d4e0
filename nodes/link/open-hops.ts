import { YizhanError } from '../../core/errors/error.ts'
import type { LinkOutput, LinkTarget } from '../../core/hop/link.ts'
import type { ClaimedHop, HopFailure } from '../../core/ledger/port.ts'
import { deriveMessage, type MessageDraft } from '../../core/message/derive.ts'
import type { Message } from '../../core/message/schema.ts'
import type { HopRef } from './client.ts'

/** An out node, as errors name it. */
export interface OutNode {
  readonly id: string
  readonly type: string
  readonly name?: string
}

/** A message that an out node makes of what came in. */
export interface MadeOutput {
  readonly draft: MessageDraft
  /**
   * tells it from the node's other outputs of this hop, by what it is and not by its place: the id is computed from it
   */
  readonly role: string
}

/** A hop that this process works on. Its outputs stay here until every branch has finished. */
export class OpenHop {
  readonly hop: ClaimedHop
  /** the input as it came, to tell an unchanged message */
  readonly json: string
  readonly #outputs: LinkOutput[] = []
  readonly #nodes = new Map<string, OutNode>()
  /** ids of what was put under a role of its own */
  readonly #named = new Set<string>()

  constructor(hop: ClaimedHop) {
    this.hop = hop
    this.json = JSON.stringify(hop.message)
  }

  get key(): string {
    return `${this.hop.id}#${this.hop.attempt}`
  }

  get ref(): HopRef {
    return { id: this.hop.id, attempt: this.hop.attempt }
  }

  /** Each output says whose input it means, for it may be committed together with other hops'. */
  get outputs(): readonly LinkOutput[] {
    return this.#outputs
  }

  /**
   * @param joined the message came of several hops, and so is nobody's input
   * @param role what the output is among those of its node, whatever their order: put again, it is there once; absent:
   *   they are told apart by their order
   */
  put(node: OutNode, payload: unknown, target: LinkTarget, joined: boolean, role?: string): void {
    const isInput = role === undefined && !joined && JSON.stringify(payload) === this.json
    const message = isInput ? 'input' : this.#derive(node.id, payload, role)
    if (role !== undefined && message !== 'input') {
      if (this.#named.has(message.id)) return
      this.#named.add(message.id)
    }
    this.#nodes.set(node.id, node)
    this.#outputs.push({ ...target, node: node.id, message, hop: this.hop.id })
  }

  /** A failure with the name of the out node that it names by its id. */
  name(failure: HopFailure): HopFailure {
    const node = this.#nodes.get(failure.node ?? '')
    if (node === undefined) return failure
    return {
      ...failure,
      nodeType: node.type,
      ...(node.name === undefined || node.name === '' ? {} : { nodeName: node.name }),
    }
  }

  #derive(node: string, payload: unknown, role?: string): Message {
    if (typeof payload !== 'object' || payload === null)
      throw new YizhanError('FIELD_INVALID', {
        field: 'msg.payload',
        value: typeof payload,
        rule: '规范消息对象 / a canonical message',
      })
    const which = role ?? this.#outputs.filter((output) => output.node === node).length
    // Two subscriptions may put the same message out at one node: those are two outputs.
    return deriveMessage(payload as MessageDraft, this.hop.message, `${this.hop.subscription}/${node}:${which}`)
  }
}
