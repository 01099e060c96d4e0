/** A file that came with a call-back, inline or by an address that the portal fetched nothing from. */
export interface PortalKeptFile {
  readonly name: string
  readonly size: number
  /** lower-case hex; computed here where the bytes came inline, as told otherwise */
  readonly digest: string
  readonly url?: string | undefined
}

/** What the portal received, as it lies in `DIR/portal/<box>/<sequence>.json`. */
export interface PortalKept {
  readonly system: 'portal'
  /** `petitions` for states and replies, `publications` */
  readonly unit: 'petitions' | 'publications'
  /** counts from 1 within the box */
  readonly sequence: number
  readonly kind: 'state' | 'reply' | 'publication'
  /** the Idempotency-Key: a second delivery carries the same */
  readonly id: string
  /** of states and replies: the petition */
  readonly about?:
    { readonly id: string; readonly queryCode: string; readonly externalId?: string | undefined } | undefined
  readonly state?: string | undefined
  readonly stateText?: string | undefined
  /** the unit that replies or publishes */
  readonly from?: string | undefined
  readonly title?: string | undefined
  readonly text?: string | undefined
  /** of publications */
  readonly publication?:
    | {
        readonly id: string
        readonly revision: number
        readonly action: string
        readonly state: string
        readonly number?: string | undefined
      }
    | undefined
  /** when it happened, as told */
  readonly at?: string | undefined
  /** SHA-256 over the body, lower-case hex */
  readonly digest: string
  readonly files: readonly PortalKeptFile[]
  /** UTC, ISO 8601 */
  readonly receivedAt: string
}
export type PortalIncoming = Omit<PortalKept, 'sequence' | 'receivedAt'>

/** A petition that a citizen filed here, as the portal remembers it. */
export interface Filed {
  /** the portal's own id */
  readonly externalId: string
  readonly title: string
  readonly acceptance: string
  readonly queryCode: string
  readonly at: string
}
