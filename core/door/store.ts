import { hash } from 'node:crypto'
import type { AcceptResult, RawRecord } from '../ledger/port.ts'
import type { DoorParts, Prepared } from './parts.ts'

/** Stores what was prepared and hands its hops to the flows. */
export async function store(
  parts: Pick<DoorParts, 'ledger' | 'directory' | 'flows' | 'profileRevision'>,
  system: string,
  prepared: Prepared,
  raw?: RawRecord,
): Promise<AcceptResult> {
  const fingerprint = hash('sha256', JSON.stringify(prepared.content), 'hex')
  const preclaim = parts.flows.preclaim()
  let result: AcceptResult | undefined
  try {
    result = await parts.ledger.acceptance.accept({
      message: prepared.message,
      bodies: prepared.bodies,
      raw,
      fingerprint,
      preclaim,
      idempotencyKey: prepared.key ?? `fp:${fingerprint}`,
      claimsNumber: prepared.claimsNumber,
      channel: prepared.channel,
      effect: prepared.effect,
      notes: prepared.notes,
      dead: prepared.dead,
      revisions: { profile: parts.profileRevision(system), directory: parts.directory().revision },
    })
    return result
  } finally {
    const accepted = result?.status === 'accepted' ? result : undefined
    parts.flows.taken(preclaim, accepted?.hops ?? [], accepted?.waiting ?? [])
  }
}
