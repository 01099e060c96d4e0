/**
 * Bodies, each held once under its digest (claim check). Writing goes with the ledger transaction that first
 * mentions the body (`AcceptEntry.bodies`), so that no message is ever durable without its bodies.
 */
export interface ContentStore {
  /** The bytes, checked against the digest. Throws CONTENT_MISSING. Treat the buffer as immutable: it is shared. */
  read(digest: string): Promise<Buffer>
  /** Which of these are held. */
  has(digests: readonly string[]): Promise<ReadonlySet<string>>
  /** Stores bodies outside an acceptance (the `content` node, a map that made a new file); durable when resolved. */
  write(bodies: readonly NewBody[]): Promise<void>
}

export interface NewBody {
  readonly digest: string
  readonly bytes: Uint8Array
}
