import type { EventEntry } from '../../core/events/entry.ts'

/** The LDAP directory. */
export const DIRECTORY_EVENTS = {
  'directory.synced': { level: 'info', zh: '目录有变化', en: 'the directory has changed', audit: true },
  'directory.refused': {
    level: 'error',
    zh: '目录同步被拒，沿用原有快照',
    en: 'a synchronisation was refused, the old snapshot stays',
    audit: true,
    alarm: true,
  },
  'directory.damaged': {
    level: 'error',
    zh: '目录快照文件损坏，改用前一份',
    en: 'a snapshot file of the directory is damaged, the one before it serves',
  },
} as const satisfies Record<string, EventEntry>

declare module '../../core/events/catalogue.ts' {
  interface EventAreas {
    readonly directory: typeof DIRECTORY_EVENTS
  }
}
