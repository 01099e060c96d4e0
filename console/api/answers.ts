/** What the console reads of the station's interface, `/api/v1`: the parts of its answers that a page shows. */

/** ms since 1970, UTC */
export type Instant = number

export interface InTwo {
  readonly zh: string
  readonly en: string
}

export interface Named {
  readonly id: string
  readonly name: string
}

/** An error of the catalogue, with the way out. */
export interface ShownError extends InTwo {
  readonly code: string
  readonly remedy?: InTwo
}

/** What an act did, or would do. */
export interface ActAnswer {
  readonly dryRun: boolean
  readonly affected: number
  readonly effect: InTwo
}

/** With `dryRun` the station only says what it would do. */
export interface ActBody {
  readonly reason: string
  readonly dryRun: boolean
}

export interface MeView {
  readonly id: string
  /** as it stands in the audit */
  readonly label: string
  readonly roles: readonly string[]
  readonly rights: readonly string[]
  readonly mustChange: boolean
}

export interface SessionView {
  readonly me: MeView
  readonly csrf?: string
}

export interface PersonView {
  readonly id: string
  readonly name: string
  readonly roles: readonly string[]
  readonly locked?: { readonly at: Instant; readonly by: string; readonly reason: string }
  /** has a one-time password that nobody has changed yet */
  readonly oneTime: boolean
  /** is asked for one-time codes */
  readonly codes: boolean
  readonly certificates: number
  readonly osUsers: readonly string[]
  readonly passwordSince?: Instant
}

export type SystemState = 'up' | 'slow' | 'down' | 'paused'

/** A system as it is. */
export interface SystemRow extends Named {
  readonly roles: readonly string[]
  readonly state: SystemState
  readonly since: Instant
  readonly why?: InTwo
  /** deliveries that wait or are under way */
  readonly queue: number
  /** items that it has not fetched */
  readonly pickup: number
  readonly dead: number
  readonly oldestAt?: Instant
  readonly perMinute: number
  readonly lastError?: { readonly at: Instant; readonly error: ShownError; readonly times: number }
  readonly nextTryAt?: Instant
  readonly paused?: { readonly by: string; readonly at: Instant; readonly reason: string }
}

/** What needs a person. */
export interface Attention {
  readonly deadLetters: {
    readonly count: number
    readonly causes: readonly { readonly text: InTwo; readonly place: string; readonly count: number }[]
  }
  readonly inDoubt: number
  readonly paper: number
  readonly petitions: number
  readonly held: number
  readonly configuration: {
    readonly revision: string
    readonly since: Instant
    readonly rejected?: { readonly at: Instant; readonly problems: readonly string[] }
  }
  readonly release?: { readonly revision: string; readonly by: string; readonly at: Instant }
  readonly disk: { readonly freeBytes: number; readonly totalBytes: number; readonly low: boolean }
  readonly certificates: readonly { readonly name: string; readonly endsAt: Instant }[]
  readonly clock?: { readonly gapMs: number }
  readonly waitingFor: readonly string[]
  readonly secretsMissing: readonly string[]
  readonly bus: 'connected' | 'blocked' | 'lost'
}

/** Systems (`system:id`), flows (`flow:name`), and what goes between them. */
export interface CityMap {
  readonly flows: readonly Named[]
  readonly lines: readonly {
    readonly from: string
    readonly to: string
    readonly perMinute: number
    readonly waiting: number
    readonly oldestAt?: Instant
  }[]
}

export interface Overview {
  readonly station: string
  readonly systems: readonly SystemRow[]
  readonly attention: Attention
  readonly map: CityMap
}

export interface Step {
  readonly at: Instant
  /** the last of those folded */
  readonly until?: Instant
  /** so many are folded */
  readonly times: number
  /** of the event, docs/logs.md */
  readonly code: string
  readonly what: InTwo
  readonly state: 'done' | 'waiting' | 'failed' | 'doubt'
  readonly kind?: string
  readonly row?: string
  readonly system?: Named
  readonly unit?: Named
  readonly place?: string
  readonly actor?: string
  readonly ms?: number
  readonly error?: ShownError
  readonly detail?: string
}

export type RecipientState =
  'waiting' | 'delivered' | 'signed' | 'returned' | 'replied' | 'withdrawn' | 'refused' | 'expired'

export interface RecipientView {
  readonly unit: Named
  readonly role: 'to' | 'cc'
  readonly state: RecipientState
  readonly since: Instant
  readonly by?: string
  readonly reason?: string
  readonly attempts: number
  readonly doubtful: boolean
  readonly lastError?: ShownError
  readonly nextTryAt?: Instant
}

export type Message = Readonly<Record<string, unknown>> & { readonly id: string; readonly kind: string }

export interface DocumentView {
  readonly id: string
  readonly trace: string
  readonly kind: string
  readonly number?: string
  readonly title?: string
  readonly documentType?: string
  readonly from: { readonly name: string }
  readonly urgency: 'flash' | 'extra-urgent' | 'urgent' | 'prompt' | 'ordinary'
  readonly acceptedAt: Instant
  readonly system: Named
  readonly externalId?: string
  readonly withdrawn: boolean
  /** personal data in it is masked */
  readonly protected: boolean
  readonly archived?: string
  readonly recipients: readonly RecipientView[]
  readonly steps: readonly Step[]
  readonly files: readonly {
    readonly name: string
    readonly role: 'main' | 'annex'
    readonly mediaType: string
    readonly size: number
    readonly digest: string
  }[]
  readonly message: Message
  readonly repairs: readonly {
    readonly row: string
    readonly actor: string
    readonly at: Instant
    readonly message: Message
  }[]
}

export interface DeadPlace {
  readonly subscription?: string
  readonly tab?: string
  readonly node?: string
  readonly nodeName?: string
  readonly system?: Named
}

export interface DeadLetterView {
  readonly id: string
  readonly at: Instant
  readonly attempts: number
  readonly place: DeadPlace
  readonly unit?: Named
  readonly error: ShownError
  /** it may have arrived */
  readonly doubtful: boolean
  readonly message: Message
}

/** Dead letters of one cause at one place. */
export interface DeadGroup {
  readonly key: string
  readonly code: string
  readonly text: InTwo
  readonly place: DeadPlace
  readonly count: number
  readonly firstAt: Instant
  readonly lastAt: Instant
}

/** Long work. */
export interface TaskView {
  readonly id: string
  readonly what: InTwo
  readonly by: string
  readonly endedAt?: Instant
  readonly stopped: boolean
  readonly total: number
  readonly done: number
  readonly failures: number
  readonly failed: readonly { readonly id: string; readonly error: ShownError }[]
}

/** What the stream `/api/v1/live` brings, by the event's name. */
export interface LiveEvents {
  readonly systems: { readonly systems: readonly SystemRow[] }
  readonly attention: { readonly attention: Attention }
  readonly map: { readonly map: CityMap }
  /** stories of which something was booked; `more`: others too */
  readonly changed: { readonly traces: readonly string[]; readonly more: boolean }
  readonly task: { readonly task: TaskView }
  /** something was missed: everything is to be asked for again */
  readonly reset: object
}

/** What is wrong with a request. */
export type Problem = ShownError
