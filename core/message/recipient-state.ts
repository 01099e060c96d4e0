/** What became of a document with one of its recipients. */
export const RECIPIENT_STATES = [
  'waiting',
  'delivered',
  'signed',
  'returned',
  'replied',
  'withdrawn',
  'refused',
  'expired',
] as const
export type RecipientState = (typeof RECIPIENT_STATES)[number]
