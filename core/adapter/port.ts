import type { IncomingMessage, ServerResponse } from 'node:http'
import type { CityConfig, SystemConfig } from '../config/schema.ts'
import type { ContentStore } from '../content/port.ts'
import type { Sender } from '../delivery/port.ts'
import type { Login, People } from '../directory/people.ts'
import type { UnitNames } from '../directory/names.ts'
import type { UnitDirectory } from '../directory/port.ts'
import type { Door } from '../door/port.ts'
import type { Rejections } from '../door/rejections.ts'
import type { EventSink } from '../events/event.ts'
import type { AcceptEntry, Acceptance, Journal, Pickup, Shown } from '../ledger/port.ts'
import type { CompiledProfile } from '../mapping/profile/port.ts'
import type { DocumentMessage } from '../message/schema.ts'
import type { Clock } from '../util/clock.ts'

/** What the house gives an adapter. Functions return the configuration in force: it may change without a restart. */
export interface House {
  readonly city: () => CityConfig
  readonly directory: () => UnitDirectory
  readonly profile: (id: string) => CompiledProfile
  /** a secret by name; SECRET_MISSING if there is none */
  readonly secret: (name: string) => string
  /**
   * what may be shown to us as the secret of that name: the one in force and, until its end, the one before; none:
   * nobody gets in
   */
  readonly accepted: (name: string) => readonly string[]
  readonly door: Door
  readonly ledger: {
    readonly pickup: Pickup
    readonly journal: Journal
    readonly shown: Shown
    readonly acceptance: Pick<Acceptance, 'rememberRefusal' | 'book'>
  }
  readonly content: ContentStore
  /** where a system's adapter keeps what is its own, such as a snapshot; made when first asked for */
  readonly folder: (system: string) => string
  readonly clock: Clock
  readonly emit: EventSink
  /** for what strangers cause: folded before it is booked */
  readonly rejections: Pick<Rejections, 'note'>
  /** how OAs, or the portal, reach us, no slash at the end: `http://127.0.0.1:8630` */
  readonly publicUrl: (served: 'oa' | 'portal' | 'operators') => string
  /** tells the hop dispatcher that these subscriptions have work (returned by ledger calls) */
  readonly wake: (subscriptions: readonly string[]) => void
}

/**
 * Looks at a document before it is accepted, with what only its system knows; resolves with what is to be booked beside
 * it. Rejects with a YizhanError that refuses it.
 */
export type Screen = (message: DocumentMessage) => Promise<NonNullable<AcceptEntry['notes']>>

/** One folder under `adapters/`: a legacy system's protocol. Knows core, never nodes. */
export interface Adapter {
  readonly name: string
  /** HTTP paths that it serves */
  readonly mounts: readonly HttpMount[]
  /** the delivering half for a system that we call; undefined for one that fetches from us */
  sender(system: SystemConfig): Sender | undefined
  /**
   * Brings the adapter in line with the configuration in force. Called before anything is accepted, so that what was
   * kept serves from the first document on, and again whenever the configuration has changed.
   */
  configured?(): Promise<void>
  /** looks at documents at the door */
  readonly screen?: Screen
  /** a directory's: what it calls our units */
  readonly names?: UnitNames
  /** a directory's: who works where */
  readonly people?: People
  /** a directory's: who may log in to the editor */
  readonly login?: Login
  /** starts polling where systems are polled, opens what listens; rejects where it cannot */
  start(): void | Promise<void>
  /** stops polling, closes connections; requests under way are answered */
  close(): Promise<void>
}

/** A path prefix of the station's HTTP server, such as `/oa/yizhan`; the longest prefix wins. */
export interface HttpMount {
  readonly prefix: string
  /** whose listener has it; absent: `http` alone */
  readonly served?: 'oa' | 'portal'
  /** what of it anybody may read, such as `/oa/yizhan?wsdl`, for the listener's own page */
  readonly described?: string
  /** must answer every request and never reject */
  handle(request: IncomingMessage, response: ServerResponse): void
}
