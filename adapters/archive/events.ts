import type { EventEntry } from '../../core/events/entry.ts'

/** Archive bureaus. */
export const ARCHIVE_EVENTS = {
  'archive.unfit': {
    level: 'warn',
    zh: '收下的公文将来不能归档',
    en: 'a document that was accepted could never be archived',
    audit: true,
  },
  'archive.set-aside': {
    level: 'error',
    zh: '批次中有件不能移交，已另列待更正',
    en: 'documents of a batch cannot be sent and were set aside to be corrected',
    alarm: true,
  },
  'archive.receipt-set-aside': {
    level: 'error',
    zh: '档案回执无法处理，已另存',
    en: 'a receipt of the archive bureau cannot be taken and was set aside',
    alarm: true,
  },
} as const satisfies Record<string, EventEntry>

declare module '../../core/events/catalogue.ts' {
  interface EventAreas {
    readonly archive: typeof ARCHIVE_EVENTS
  }
}
