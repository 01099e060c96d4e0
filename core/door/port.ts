import type { ClientCertificate } from '../http/client-certificate.ts'
import type { Holding } from './budget.ts'
import type { NewBody } from '../content/port.ts'
import type { RawRecord } from '../ledger/port.ts'
import type { DocumentBody, FileRef, Message, PetitionMessage, Unread } from '../message/schema.ts'
import type { Urgency } from '../message/urgency.ts'

/** An authenticated caller: speaks for listed units and kinds on one system. */
export interface Account {
  readonly id: string
  readonly system: string
  /** unit ids, or '*' for every unit bound to its system */
  readonly units: readonly string[] | '*'
}

/**
 * What a dialect's bytes said, before the house's rules were applied: names are as written, nothing is resolved.
 * Profiles read bytes into drafts and write messages back; `field` names in errors are canonical paths such as
 * `document.title`.
 */
export interface DraftBase {
  /** the unit that speaks, by id, code or name; the account's only unit if absent */
  readonly from?: string | undefined
  /** the sender's own id for this submission */
  readonly externalId?: string | undefined
  readonly urgency?: Urgency | undefined
  /** texts that the dialect does not describe */
  readonly unread?: readonly Unread[] | undefined
  /** 声明不涉密: who says so and why; lifts a doubt of the guard, never a mark (docs/secrecy.md) */
  readonly notClassified?: { readonly name?: string | undefined; readonly reason?: string | undefined } | undefined
  /** our id where it was given before, as to what was held for a person; absent: a new one */
  readonly id?: string | undefined
}

export interface DocumentDraft extends DraftBase {
  readonly kind: 'document'
  /** 发文字号 as written */
  readonly number?: string | undefined
  /** direction may be left out: reports and requests (报告, 请示, 信息, 简报 …) go up, everything else is issued */
  readonly document: Omit<DocumentBody, 'direction' | 'issuers'> & {
    readonly direction?: DocumentBody['direction'] | undefined
  }
  /** 发文机关 as written, the lead first; of one alone, how the sender calls itself */
  readonly issuers?: readonly DraftIssuer[] | undefined
  /** unit ids, codes or names given beside the 主送 and 抄送 lines */
  readonly to?: readonly string[] | undefined
  readonly cc?: readonly string[] | undefined
  /** 份号: its presence alone refuses the document */
  readonly copyNumber?: string | undefined
  /** 保密期限 */
  readonly secrecyPeriod?: string | undefined
  readonly dualTrack?: boolean | undefined
  readonly files: readonly DraftFile[]
}

/** One that issues a document, or several in one text. A code that nobody of ours has says nothing. */
export interface DraftIssuer {
  readonly name?: string | undefined
  readonly code?: string | undefined
}

export interface DraftFile {
  readonly name: string
  readonly role: FileRef['role']
  readonly mediaType?: string | undefined
  readonly bytes: Buffer
  /** digest the sender declares: `sha256:…`, `sm3:…` or `md5:…`, hex in any case */
  readonly declaredDigest?: string | undefined
}

/** 签收, 退文, 撤回, 答复: acts on a document already exchanged. */
export interface ActDraft extends DraftBase {
  readonly kind: 'receipt' | 'return' | 'withdrawal' | 'reply'
  /** the document: our id, a delivery id (`id/unit`), the sender's own id, or its number */
  readonly about: string
  /** who acted, as the unit names the person */
  readonly by?: string | undefined
  /** reason of a return or withdrawal, text of a reply */
  readonly text?: string | undefined
  readonly reasonCode?: string | undefined
  readonly result?: string | undefined
  /** 被反映单位 of a petition office's decision, as `PetitionDecision` has them, 无 for nobody; absent: as proposed */
  readonly accused?: readonly string[] | undefined
  /** 责任单位 of such a decision */
  readonly transferTo?: readonly string[] | undefined
  readonly files?: readonly DraftFile[] | undefined
}

/** 信访件, as the portal's form has it. */
export interface PetitionDraft extends DraftBase {
  readonly kind: 'petition'
  readonly petition: PetitionMessage['petition']
  readonly files: readonly DraftFile[]
  /** the code under which the citizen asks for it, computed from our id: a repetition gets the same */
  codeOf(id: string): string
}

/** What the petition office makes of a petition that reports on somebody. Units by name, alias, code or id. */
export interface PetitionDecision {
  /** our id of the petition */
  readonly petition: string
  /** who decided */
  readonly by: string
  /** units that never get it; empty: nobody is reported on */
  readonly accused: readonly string[]
  /** who is to handle it; empty: whom the flow's table names */
  readonly to: readonly string[]
  readonly note?: string | undefined
}

/** What OA dialects say. */
export type OaDraft = DocumentDraft | ActDraft
export type Draft = OaDraft | PetitionDraft

/** The answer to an accepted submission. */
export interface AcceptanceAnswer {
  /** 收文号: our id of the message */
  readonly id: string
  /** the same submission had been accepted before */
  readonly repeated: boolean
  readonly acceptedAt: string
}

/**
 * Takes in what is no draft: a report or reply of a system, a message of another application or flow. `key` recognises
 * a repetition; with other content under the same key it rejects with ID_IN_USE. With a channel it goes to the
 * subscriptions of that, whatever its kind.
 */
export type Take = (
  message: Message,
  options: {
    readonly key?: string | undefined
    readonly files?: readonly NewBody[]
    readonly channel?: string
    /** the delivery of which this tells what became */ readonly answers?: string
    /** rows of a list that it holds, and takes off it */ readonly collects?: readonly string[]
    /** what counts when it comes again under its key; absent: all of it but when and under which id we took it */
    readonly content?: unknown
    /** why no flow shall get it: it is kept as a dead letter, and goes to those who subscribe when it is replayed */
    readonly dead?: { readonly code: string; readonly message: string }
  },
) => Promise<{ readonly id: string; readonly repeated: boolean }>

/** Why something waits for a person: names fields and rules only. */
export interface HeldItem {
  readonly id: string
  /** milliseconds since 1970 */
  readonly at: number
  readonly system: string
  readonly account: string
  readonly kind: string
  readonly why: string
}

/** All of it, for the person who judges, and for the door once it is released. */
export interface HeldDraft extends HeldItem {
  readonly draft: Draft
  readonly units: Account['units']
  readonly raw?: RawRecord | undefined
}

/** The desk of whoever judges what was held. Both words are booked, with the name of who said it. */
export interface HeldDesk {
  list(): Promise<readonly HeldItem[]>
  /** HELD_UNKNOWN */
  show(id: string): Promise<HeldDraft>
  /** it passes the door, as if its sender had declared it not classified */
  release(id: string, actor: string, reason: string): Promise<AcceptanceAnswer>
  /** wiped; the same submission is refused from now on */
  refuse(id: string, actor: string, reason: string): Promise<void>
}

/** Where adapters bring drafts: every rule of the house is applied here, in one place, before anything is stored. */
export interface Door {
  /** Checks and stores; rejects with a YizhanError of the door's catalogue, having booked the refusal. */
  accept(account: Account, draft: Draft, raw?: RawRecord): Promise<AcceptanceAnswer>
  readonly take: Take
  /**
   * The petition office's decision where it does not come as a reply from its OA. PETITION_UNKNOWN,
   * PETITION_NOT_PENDING, PETITION_DECIDED, UNKNOWN_RECIPIENT, MUST_NOT_REACH
   */
  decide(decision: PetitionDecision): Promise<AcceptanceAnswer>
  /**
   * A message that a person has repaired, by the rules that a submission passes: rejects as `accept` does, books
   * nothing.
   */
  readonly recheck: (message: Message, before: Message | undefined) => Promise<void>
  /**
   * Name and password (or a digest check) → account; UNAUTHENTICATED, and ACCOUNT_WAITS after repeated failures from
   * one source.
   */
  authenticate(system: string, name: string, check: (secret: string) => boolean, source?: string): Account
  /**
   * An account whose key stands in the configuration, where its owner has proven (or failed to prove) that it is
   * theirs; UNAUTHENTICATED and ACCOUNT_WAITS as `authenticate`.
   */
  recognise(system: string, name: string, proven: boolean, source?: string): Account
  /**
   * The account that a client certificate is written for; undefined where it holds and is nobody's, UNAUTHENTICATED
   * where it does not.
   */
  certified(certificate: ClientCertificate, source?: string): Account | undefined
  /**
   * A share of the memory of all for one request, while it is in hand; OVERLOADED where there is none. Release when
   * done.
   */
  memory(source: string, account?: string): Holding
  /**
   * Reads an account's unit: the named one if the account may speak for it, its only one if none is named.
   * NOT_ENTITLED.
   */
  unitOf(account: Account, named: string | undefined): { readonly id: string; readonly name: string }
}
