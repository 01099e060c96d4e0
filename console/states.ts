import type { DocumentView, SystemRow } from './api/answers.ts'

/** Signs beside colours, for whoever does not tell these apart. */
export const STATE_SIGNS: Readonly<Record<SystemRow['state'], string>> = { up: '●', slow: '◐', down: '▲', paused: '‖' }

/** What wants a person first. */
const ORDER: readonly SystemRow['state'][] = ['down', 'paused', 'slow', 'up']

/** The broken ones first, then those with most that waits, then by name. */
export function byNeed(rows: readonly SystemRow[]): readonly SystemRow[] {
  return rows.toSorted(
    (a, b) =>
      ORDER.indexOf(a.state) - ORDER.indexOf(b.state) ||
      b.queue + b.pickup - (a.queue + a.pickup) ||
      a.name.localeCompare(b.name, 'zh-CN'),
  )
}

/** Rows that have changed in the place of what they were; new ones behind them. */
export function merged(rows: readonly SystemRow[], changed: readonly SystemRow[]): readonly SystemRow[] {
  const news = new Map(changed.map((row) => [row.id, row]))
  const known = new Set(rows.map(({ id }) => id))
  return [...rows.map((row) => news.get(row.id) ?? row), ...changed.filter(({ id }) => !known.has(id))]
}

type RecipientState = DocumentView['recipients'][number]['state']

export const RECIPIENT_TONES: Readonly<Record<RecipientState, 'success' | 'info' | 'warning' | 'danger' | 'primary'>> =
  {
    waiting: 'info',
    delivered: 'primary',
    signed: 'success',
    replied: 'success',
    returned: 'warning',
    withdrawn: 'info',
    refused: 'danger',
    expired: 'danger',
  }
