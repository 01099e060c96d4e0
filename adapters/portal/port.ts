import type { Credentials } from '../kit/http/credentials.ts'
import type { Petition } from './petition.ts'
import type { PetitionState } from '../../core/message/petition-states.ts'

/** The portal's account that calls. */
export interface PortalCaller {
  readonly account: string
  readonly system: string
}

/** A file that a citizen sent. */
export interface PetitionFile {
  readonly name: string
  readonly mediaType: string
  readonly bytes: Buffer
}

/** A petition draft that keeps every rule of the form; the rules of the house are the door's. */
export interface Submission {
  readonly caller: PortalCaller
  readonly petition: Petition & { readonly files: readonly PetitionFile[] }
  /** the portal's own id of it: the same id again is the same petition */
  readonly externalId: string | undefined
  /**
   * `sha256:` and 64 hex digits over all that was filed, the portal's id aside: an impatient citizen's second try has
   * the same
   */
  readonly fingerprint: string
  /** the body as it came, inflated */
  readonly raw: { readonly bytes: Buffer; readonly contentType: string }
}

export interface Accepted {
  /** our id of the petition */
  readonly id: string
  /** a query code, see `query-code.ts` */
  readonly queryCode: string
  /** UTC, ISO 8601 */
  readonly acceptedAt: string
}

/** A file of ours that the portal shows; `digest` is that of the content store, `sha256:` and 64 hex digits. */
export interface PortalFile {
  readonly name: string
  readonly mediaType: string
  /** bytes */
  readonly size: number
  readonly digest: string
}

/** What a citizen is told of a petition. Holds no contact data, and never who is reported on. */
export interface PetitionView {
  readonly state: PetitionState
  /** UTC, ISO 8601, as all times here */
  readonly acceptedAt: string
  readonly updatedAt: string
  /** the responsible unit's name, once there is one */
  readonly unit?: string | undefined
  /** the day by which the law wants it done, YYYY-MM-DD in Asia/Shanghai */
  readonly deadline?: string | undefined
  readonly reply?:
    | { readonly text: string; readonly unit: string; readonly at: string; readonly files: readonly PortalFile[] }
    | undefined
}

/** Something published, or withdrawn; a correction has the same id and a higher revision. */
export type Publication = LivePublication | WithdrawnPublication

export interface LivePublication {
  readonly state: 'published'
  readonly id: string
  /** counts from 1 */
  readonly revision: number
  readonly title: string
  readonly text: string
  /** the publishing unit's name */
  readonly unit: string
  readonly category?: string | undefined
  /** 发文字号 */
  readonly number?: string | undefined
  readonly publishedAt: string
  readonly updatedAt: string
  readonly files: readonly PortalFile[]
}

export interface WithdrawnPublication {
  readonly state: 'withdrawn'
  readonly id: string
  readonly revision: number
  readonly reason?: string | undefined
  readonly updatedAt: string
}

/**
 * In the order of their last change, so that a portal which polls from `next` on misses no correction and no
 * withdrawal.
 */
export interface PublicationPage {
  readonly publications: readonly Publication[]
  /** opaque; ask with it next time; also where there is nothing new yet */
  readonly next: string
}

/**
 * The house behind the portal's interface. All may reject with a YizhanError; anything else is answered as INTERNAL.
 */
export interface PortalHouse {
  /** UNAUTHENTICATED unless these credentials are a portal account's; must take the same time for unknown names */
  authenticate(credentials: Credentials, source: string): PortalCaller | Promise<PortalCaller>
  /**
   * Stores durably, then answers; the same externalId or fingerprint again gets the same answer. Books its own
   * refusals.
   */
  accept(submission: Submission): Promise<Accepted>
  /** by query code */
  petition(queryCode: string): Promise<PetitionView | undefined>
  /**
   * those changed after `after` (a `next`, or undefined from the beginning), at most `limit`; FIELD_INVALID for a
   * cursor that is none
   */
  publications(after: string | undefined, limit: number): Promise<PublicationPage>
  publication(id: string): Promise<Publication | undefined>
}

/** How files leave: by address or as bytes. */
export interface FileSource {
  /** an address where the portal can fetch it, absolute */
  link(file: PortalFile): string
  /** CONTENT_MISSING */
  read(digest: string): Promise<Buffer>
}
