/** What a client prints that does everything as it should, see scenario.md. */
export const EXPECTED_LINES = [
  'Submit ok',
  'Submit repeated',
  'Submit ok',
  'Submit ok',
  'ListItems ok',
  'Fetch ok',
  'Sign ok',
  'Reply ok',
  'ReturnDocument ok',
  'Status replied',
  'Withdraw ok',
  'fault UNKNOWN_RECIPIENT',
  'fault NUMBER_IN_USE',
  'fault NOT_FOUND',
  'fault ALREADY_SIGNED',
  'fault UNAUTHENTICATED',
]
