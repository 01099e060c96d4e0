import type { Dispatcher } from './flows/dispatcher.ts'

/** Whether documents go all their way, and what is waited for where they do not. */
export interface Readiness {
  readonly ready: boolean
  readonly waitingFor: readonly string[]
}

export function readiness(waitingFor: readonly string[]): Readiness {
  return { ready: waitingFor.length === 0, waitingFor }
}

/** The flows as a whole, tabs that are held back, subscriptions that nobody serves. */
export function flowsWaitedFor(
  dispatcher: Pick<Dispatcher, 'connected' | 'unserved'>,
  flows: { held(): readonly string[] },
): readonly string[] {
  return [
    ...(dispatcher.connected.every((flow) => flow.subscriptions.length === 0) ? ['flows'] : []),
    ...flows.held().map((line) => `flows ${line}`),
    ...dispatcher.unserved.map((name) => `subscription ${name}`),
  ]
}
