import type { Clock } from '../../core/util/clock.ts'
import type { Loss } from '../../core/hop/loss.ts'
import type { ClaimedHop } from '../../core/ledger/port.ts'
import { failpoint } from '../../core/util/failpoint.ts'
import type { FlowSession } from '../link/server.ts'
import type { Suspects } from './suspects.ts'

/** Flows that ask for nothing for longer are not being deployed: somebody has stopped them. */
const DEPLOY_MS = 60_000

interface Source {
  readonly concurrency: number
  /** where it stands */
  readonly tab: string | undefined
  inFlight: number
}

/** A flow process and what it works on. */
export class Worker {
  readonly sources = new Map<string, Source>()
  /** hops that it holds, by `id#attempt` */
  readonly hops = new Map<string, ClaimedHop>()
  flowsRevision = ''
  /** where it is a process apart: what feeds it */
  suspects: Suspects | undefined
  /** since when it asks for nothing (performance.now): before a deploy, or because its flows are stopped */
  #idleSince: number | undefined
  readonly session: FlowSession
  readonly #clock: Clock

  constructor(session: FlowSession, clock: Clock) {
    this.session = session
    this.#clock = clock
  }

  room(subscription: string): number {
    const source = this.sources.get(subscription)
    return source === undefined || this.suspects !== undefined ? 0 : source.concurrency - source.inFlight
  }

  /** Its sources are others now. */
  noteIdle(): void {
    const idle = [...this.sources.values()].every(({ concurrency }) => concurrency === 0)
    this.#idleSince = idle ? (this.#idleSince ?? performance.now()) : undefined
  }

  /** Whether it takes what a subscription gets, now or after the deploy that is under way. */
  serves(subscription: string): boolean {
    const asks = this.#idleSince === undefined || performance.now() - this.#idleSince < DEPLOY_MS
    return asks && this.suspects === undefined && this.sources.has(subscription)
  }

  take(hop: ClaimedHop): void {
    this.hops.set(hopKey(hop), hop)
    failpoint('hop.claimed')
    this.session.send({ t: 'hop', hop, now: this.#clock.now() })
  }

  /** A crash of nobody knows whom, while it held one hop, is that hop's; its node is not known, its tab is. */
  explain(loss: Loss): Loss {
    const [hop, ...others] = this.hops.values()
    if (loss.by !== 'crash' || loss.culprits !== undefined || hop === undefined || others.length > 0) return loss
    const tab = this.sources.get(hop.subscription)?.tab
    return {
      ...loss,
      culprits: [{ hop: hop.id, attempt: hop.attempt, ...(tab === undefined ? {} : { tab }) }],
    }
  }

  give(hop: { readonly id: string; readonly attempt: number }): ClaimedHop | undefined {
    const held = this.hops.get(hopKey(hop))
    if (held === undefined) return undefined
    this.hops.delete(hopKey(hop))
    const source = this.sources.get(held.subscription)
    if (source !== undefined) source.inFlight--
    this.suspects?.settled(held.id)
    return held
  }
}

export function hopKey(hop: { readonly id: string; readonly attempt: number }): string {
  return `${hop.id}#${hop.attempt}`
}
