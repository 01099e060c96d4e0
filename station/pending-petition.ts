import type { PetitionMessage } from '../core/message/schema.ts'

/** A petition that waits for the petition office's decision: nothing of what it says, nobody who wrote it. */
export interface PendingPetition {
  /** 受理编号 */
  readonly id: string
  readonly acceptedAt: string
  readonly purpose: string
  /** who decides; absent where every office is reported on itself */
  readonly office?: NonNullable<PetitionMessage['review']>['office']
  readonly proposed: NonNullable<PetitionMessage['review']>['proposed']
}

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
