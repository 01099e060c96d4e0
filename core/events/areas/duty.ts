import type { EventEntry } from '../entry.ts'

/** What people do at the duty console, beside what the acts themselves book. */
export const DUTY_EVENTS = {
  'duty.acted': { level: 'info', zh: '值班操作', en: 'an act at the duty console', audit: true },
  'system.paused': {
    level: 'warn',
    zh: '人工暂停投递',
    en: 'deliveries to a system were paused',
    audit: true,
    folds: false,
  },
  'system.resumed': { level: 'info', zh: '人工恢复投递', en: 'deliveries to a system were resumed', audit: true },
} as const satisfies Record<string, EventEntry>
