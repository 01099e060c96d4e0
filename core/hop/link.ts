import type { Person, Role } from '../directory/people.ts'
import type { Days } from '../directory/days.ts'
import type { Merge } from '../directory/succession.ts'
import type { ClaimedHop, DeadLetter, DocumentStatus, HopFailure, SubscriptionFilter } from '../ledger/port.ts'
import type { MappingSource } from '../mapping/message-map.ts'
import type { FileRef, Message, MessageKind } from '../message/schema.ts'
import type { Urgency } from '../message/urgency.ts'
import type { FlowNode } from './flow-node.ts'

/**
 * The interface between the station and a flow process: asynchronous and serialisable. On the wire it is one JSON
 * object a line over TCP on loopback (`station/link/server.ts`, `nodes/link/client.ts`); the first line is a `hello`
 * with the token that the station gave the process. Everything a line can be is here.
 */

/** Of what stands here; both ends must speak the same. */
export const LINK_PROTOCOL = 3

/** flow process → station */
export type FromFlows =
  | {
      readonly t: 'hello'
      readonly token: string
      readonly session: string
      readonly pid: number
      /** it is for hops that are to run apart, and for these only */
      readonly apart?: true
      /** `LINK_PROTOCOL`: another version is told so, and its connection ends */ readonly protocol: number
    }
  /** the whole set of this process's source nodes; sent again after each deploy */
  | {
      readonly t: 'subscribe'
      readonly flowsRevision: string
      readonly subscriptions: readonly {
        readonly name: string
        readonly filter: SubscriptionFilter
        readonly concurrency: number
        /** labels of the tabs on which its source nodes stand */
        readonly tab?: string
        readonly channel?: { readonly queue?: string; readonly exchange?: string; readonly key?: string }
      }[]
    }
  /**
   * what of the flows cannot run, and why, a line a tab or file; sent before the subscriptions, and again after each
   * deploy
   */
  | { readonly t: 'held'; readonly lines: readonly string[] }
  | {
      readonly t: 'commit'
      readonly n: number
      readonly hops: readonly { readonly id: string; readonly attempt: number }[]
      readonly outputs: readonly LinkOutput[]
    }
  | {
      readonly t: 'fail'
      readonly hops: readonly { readonly id: string; readonly attempt: number }[]
      readonly failure: HopFailure
      readonly countAttempt: boolean
    }
  /** extends the lease of hops still open (sent every third of a lease) */
  | { readonly t: 'extend'; readonly hops: readonly { readonly id: string; readonly attempt: number }[] }
  /** a question; answered by `answer` with the same n */
  | { readonly t: 'ask'; readonly n: number; readonly method: LinkMethod; readonly args: unknown }
  /** the event loop is alive; the station replaces a process that has been silent for too long */
  | { readonly t: 'alive'; readonly heapUsed: number; readonly rss: number; readonly open: number }
  | {
      readonly t: 'event'
      readonly code: ReportedCode
      readonly detail: string
      readonly row?: string
    }

/** What a flow process may say to the station's log. */
export const REPORTED_CODES = [
  'hop.late-send',
  'hop.untracked',
  'flows.stray',
  'editor.blocked',
  'editor.opened',
  'flows.refused',
  'internal.error',
] as const
export type ReportedCode = (typeof REPORTED_CODES)[number]

/** station → flow process */
export type ToFlows =
  | {
      readonly t: 'welcome'
      readonly station: string
      readonly city: CityView
      readonly leaseMs: number
      /** the station's clock, which flows go by: milliseconds since 1970 */ readonly now: number
    }
  /** configuration changed */
  | { readonly t: 'city'; readonly city: CityView }
  | { readonly t: 'hop'; readonly hop: ClaimedHop; readonly now: number }
  /** answers a commit: its outputs are durable, or why not, and the out node to blame where there is one */
  | {
      readonly t: 'committed'
      readonly n: number
      readonly status: 'committed' | 'stale' | 'refused'
      readonly error?: AnsweredError
      readonly node?: string
    }
  | { readonly t: 'answer'; readonly n: number; readonly result?: unknown; readonly error?: AnsweredError }
  /** somebody's session of the editor has ended, or his roles are others: open connections show again who they are */
  | { readonly t: 'logins' }
  | TlsLine
  /** stop asking for work, finish what is open, then say `alive` with open 0 */
  | { readonly t: 'pause' }
  /** instead of a welcome, before the connection ends: why */
  | { readonly t: 'refused'; readonly error: AnsweredError }

/** The editor's certificates in PEM, at the start and when they were renewed. */
export interface TlsLine {
  readonly t: 'tls'
  readonly cert: string
  readonly key: string
  /** authorities of clients' certificates, and their revocation lists */
  readonly ca?: string
  readonly crl?: string
  /** whether these have changed */
  readonly trustChanged: boolean
}

/** An error of the station, as a flow process is told: its code is of the error catalogue. */
export interface AnsweredError {
  readonly code: string
  readonly zh: string
  readonly en: string
  /** whether the same may succeed later; absent: as the catalogue says */
  readonly retryable?: boolean
}

/** What an out node puts into the hop. The station resolves targets, so that a flow process needs no secrets. */
export type LinkOutput = LinkTarget & {
  /** id of the out node */
  readonly node: string
  readonly message: Message | 'input'
  /** whose input, by hop id; absent: the first hop's of the commit */
  readonly hop?: string
}

/** Where an out node sends to. */
export type LinkTarget =
  | {
      /** units, whatever system each is bound to */
      readonly type: 'units'
      /** unit ids; absent: the message's recipients */ readonly units?: readonly string[]
      /** of the delivery; absent: the message's own */ readonly urgency?: Urgency
      /** milliseconds from now */ readonly expiresIn?: number
    }
  | {
      /** a system as a whole: an adapter takes what its manifest says */
      readonly type: 'system'
      readonly adapter: string
      /** absent: the only one of that adapter */ readonly system?: string
      readonly urgency?: Urgency
      readonly expiresIn?: number
    }
  /** comes back to the subscriptions of the timer of that name */
  | { readonly type: 'timer'; readonly name: string; /** milliseconds since 1970 */ readonly at: number }
  /**
   * kept until time is up, then given back as one `collection` to the subscriptions of that name: with `answers` the
   * answers of these kinds to the message, at once when nobody is missing; without, everything kept for the same
   * `until`
   */
  | {
      readonly type: 'collect'
      readonly name: string
      /** milliseconds since 1970 */ readonly until: number
      readonly answers?: readonly MessageKind[]
    }
  | {
      readonly type: 'channel'
      readonly address: { readonly queue?: string; readonly exchange?: string; readonly key?: string }
    }

interface Question<Ask, Answer> {
  readonly ask: Ask
  readonly answer: Answer
}

/**
 * What a flow process may ask, and what it is answered. Questions are checked by the station: flows are programs of
 * others.
 */
export interface LinkQuestions {
  /** the `accept` node: durable when answered */
  readonly accept: Question<
    {
      readonly name: string
      readonly payload: unknown
      readonly key?: string | undefined
      readonly number?: string | undefined
      readonly files?: readonly FileRef[] | undefined
    },
    { readonly id: string; readonly repeated: boolean }
  >
  /** who works in these units, of the LDAP directory's last snapshot */
  readonly people: Question<{ readonly units: readonly string[]; readonly role?: Role | undefined }, readonly Person[]>
  /** whether who logged in still may, and what; being asked for is being used */
  readonly session: Question<{ readonly name: string }, { readonly role?: LoginRole }>
  /** a login of the editor, or of one request to what flows serve */
  readonly login: Question<
    {
      readonly name: string
      readonly password: string
      readonly source: string
      /** for this request only: nobody is logged in by it */
      readonly once?: boolean | undefined
    },
    LoginAnswer
  >
  readonly status: Question<{ readonly id: string }, DocumentStatus>
  readonly 'deadLetters.list': Question<
    {
      /** at most 1000; absent: 100 */ readonly max?: number | undefined
      readonly system?: string | undefined
      readonly subscription?: string | undefined
    },
    readonly DeadLetter[]
  >
  readonly 'deadLetters.replay': Question<
    {
      readonly id: string
      readonly actor?: string | undefined
      /** the whole message, where it was repaired */ readonly message?: unknown
    },
    { readonly id: string }
  >
  readonly 'deadLetters.drop': Question<
    { readonly id: string; readonly actor?: string | undefined; readonly reason: string },
    { readonly id: string }
  >
  /** the flows in the order of their files, their revision, and the files that hold none */
  readonly 'flows.read': Question<
    Readonly<Record<string, never>>,
    { readonly flows: readonly FlowNode[]; readonly revision: string; readonly broken: readonly BrokenFile[] }
  >
  /** a deploy: flows, and the credentials with them where they have changed */
  readonly 'flows.save': Question<
    {
      readonly flows: readonly FlowNode[]
      readonly who: string
      /** ids of what is held back, and kept as it is */ readonly keep: readonly string[]
      /** as Node-RED encrypts them */ readonly credentials?: object | undefined
    },
    { readonly revision: string }
  >
  /** what the editor has kept; no value: nothing yet */
  readonly 'editor.read': Question<
    { readonly file: EditorFile | 'credentials' },
    { readonly value?: object | undefined }
  >
  readonly 'editor.write': Question<
    { readonly file: EditorFile; readonly value: object },
    Readonly<Record<string, never>>
  >
}

/** What the editor keeps beside the flows and their credentials. */
export type EditorFile = 'settings' | 'sessions'

/** A file of `flows/` that holds no flows: it stays as it is until somebody mends or removes it. */
export interface BrokenFile {
  readonly name: string
  readonly reason: string
}

export type LinkMethod = keyof LinkQuestions
export type LinkAsk<Method extends LinkMethod> = LinkQuestions[Method]['ask']
export type LinkAnswer<Method extends LinkMethod> = LinkQuestions[Method]['answer']

/** admin: may change and deploy flows; read: may look at them */
export type LoginRole = 'admin' | 'read'

/** What became of a login of the editor; without a role nobody got in. */
export interface LoginAnswer {
  readonly role?: LoginRole
  /** why nobody got in although the password is right: a code is wanted, the password must be changed, no role */
  readonly wants?: 'code' | 'new-password' | 'role'
  /** no try of this name from there counts before, ms since 1970 */
  readonly waitsUntil?: number
  /** nobody can tell now: the directory does not answer */
  readonly unknown?: true
}

/** What the flow process may know of the configuration: names and lists, never secrets. */
export interface CityView {
  readonly revision: string
  readonly systems: readonly {
    readonly id: string
    readonly name: string
    readonly adapter: string
    /** how long the text of a notice may be, UTF-16 units, and the setting that says so; absent: as the house has it */
    readonly notices?: { readonly most: number; readonly rule: string } | undefined
  }[]
  readonly units: readonly UnitView[]
  /** phrases such as 各县(市、区)人民政府 and the groups or units they mean */
  readonly phrases: readonly {
    readonly phrase: string
    readonly groups: readonly string[]
    readonly except?: readonly string[]
  }[]
  readonly groups: readonly { readonly id: string; readonly name: string }[]
  /** the mappings of `map`; absent: those of the project itself */
  readonly mappings?: readonly MappingSource[]
  /** units that merge into others; absent: none */
  readonly merges?: readonly Merge[]
}

export interface UnitView {
  readonly id: string
  readonly name: string
  readonly aliases: readonly string[]
  readonly groups: readonly string[]
  /** organisation codes under which dialects know it */
  readonly codes: readonly string[]
  /** names that people use and that address nothing: former ones, those of offices below it */
  readonly spoken?: readonly string[]
  /** the days on which it receives; absent: always */
  readonly days?: readonly Days[]
}
