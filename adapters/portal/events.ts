import type { EventEntry } from '../../core/events/entry.ts'

/** The web portal. */
export const PORTAL_EVENTS = {
  'portal.limited': { level: 'warn', zh: '门户查询过于频繁，已限流', en: 'portal queries limited' },
} as const satisfies Record<string, EventEntry>

declare module '../../core/events/catalogue.ts' {
  interface EventAreas {
    readonly portal: typeof PORTAL_EVENTS
  }
}
