import type { FeedData } from './record.ts'

/** Stands where there is nothing to say. */
const NOTHING = '_'

/**
 * The routing key of a record, decided once: `kind.state.system.unit.urgency`, five words without dots. A word that
 * a record does not say is `_`.
 */
export function routingKey({ kind, state, system, unit, urgency }: FeedData): string {
  return [kind, state, system, unit, urgency].map(word).join('.')
}

/** Bindings that show what the key is for; they stand in docs/feed.md and in the AsyncAPI document. */
export const EXAMPLES: readonly {
  readonly exchange: 'deliveries' | 'events'
  readonly key: string
  readonly for: string
}[] = [
  { exchange: 'events', key: 'document.#', for: '公文的一切进展 everything that happens to documents' },
  { exchange: 'events', key: '*.refused.#', for: '对方拒收的 whatever a system refused' },
  { exchange: 'events', key: 'reply.accepted.#', for: '收到的答复 replies as they come in' },
  { exchange: 'deliveries', key: '*.*.*.shijiaotiju.*', for: '发给某一单位的 whatever goes to one unit' },
  { exchange: 'deliveries', key: '#.extra-urgent', for: '特急件 what is very urgent' },
]

function word(text: string | undefined): string {
  // ids have no dots; a binding must not be misled by one that has
  return text === undefined || text === '' ? NOTHING : text.replaceAll('.', '-').slice(0, 48)
}
