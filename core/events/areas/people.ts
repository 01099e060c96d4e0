import type { EventEntry } from '../entry.ts'

/** Who logs in, people and accounts, and what is done about them. */
export const PEOPLE_EVENTS = {
  'account.elsewhere': {
    level: 'warn',
    zh: '账号凭据无误，但来自其 addresses 之外的地址，已拒',
    en: 'an account logged in from an address that is not among its `addresses`: refused',
    audit: true,
  },
} as const satisfies Record<string, EventEntry>
