/** The documented part of Node-RED that the tracker uses (https://nodered.org/docs/api/hooks/messaging/). */

export interface RedNode {
  readonly id: string
  readonly type: string
  readonly name?: string
}

/** One message on one wire. `destination.node` is set once the wire was looked up, unless nothing is there. */
export interface SendEvent {
  readonly msg: object
  readonly source: { readonly id: string; readonly node: RedNode; readonly port: number }
  readonly destination: { readonly id: string; readonly node?: RedNode | null }
}

export interface ReceiveEvent {
  readonly msg: object
  readonly destination: { readonly id: string; readonly node: RedNode }
}

export interface CompleteEvent {
  readonly msg: object
  readonly error?: unknown
  readonly node: { readonly id: string; readonly node: RedNode }
}

export interface RedHookEvents {
  onSend: readonly SendEvent[]
  preDeliver: SendEvent
  onReceive: ReceiveEvent
  onComplete: CompleteEvent
}

/**
 * `RED.hooks`. A callback that declares one parameter runs on; one that declares two decides when, by calling `next`.
 * Names are `<event>.<label>`; `remove('*.<label>')` removes all of a label.
 */
export interface RedHooks {
  add<E extends keyof RedHookEvents>(
    name: `${E}.${string}`,
    callback: (event: RedHookEvents[E], next: () => void) => void,
  ): void
  remove(name: string): void
}
