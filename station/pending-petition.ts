import type { PetitionMessage } from '../core/message/schema.ts'
import type { PendingPetition } from './operations.ts'

/** What a list of waiting petitions shows: nothing of what it says. */
export function pendingView({ id, acceptedAt, petition, review }: PetitionMessage): PendingPetition {
  return {
    id,
    acceptedAt,
    purpose: petition.purpose,
    ...(review?.office === undefined ? {} : { office: review.office }),
    proposed: review?.proposed ?? [],
  }
}
