import type { ClientLine, ReceiverLine } from './records.ts'

/** What the files of a client and a receiver say, whatever the station says of itself. */
export interface Account {
  readonly acknowledged: number
  /** acknowledged and never taken; a document that was withdrawn need not come, its withdrawal only if it has */
  readonly lost: readonly string[]
  /** taken and never sent */
  readonly unexpected: readonly string[]
  /** taken under two ids, so that the receiver could not know it again */
  readonly duplicated: readonly string[]
  /** times that the same id came again, which the receiver knows */
  readonly recognised: number
  /** documents that were taken after their own withdrawal */
  readonly outOfOrder: readonly string[]
  /** less urgent ones that left a backlog before more urgent ones, beyond what was on its way at once */
  readonly overtaken: readonly string[]
}

/** The receiver is given so many at once: they may come in any order. */
export const AT_ONCE = 2

type Taken = Extract<ReceiverLine, { item: string }>

const keyOf = ({ kind, id }: Pick<Taken, 'kind' | 'id'>): string => `${kind} ${id}`

export function accountOf(client: readonly ClientLine[], receiver: readonly ReceiverLine[]): Account {
  const sent = new Set(client.filter(({ what }) => what === 'sent').map(keyOf))
  const acknowledged = client.filter(({ what }) => what === 'acknowledged')
  const withdrawn = new Set(client.filter(({ kind }) => kind === 'withdrawal').map(({ id }) => id))
  const taken = receiver.filter((line): line is Taken => line.what === 'taken')
  const itemsOf = Map.groupBy(taken, keyOf)
  const has = (kind: Taken['kind'], id: string): boolean => itemsOf.has(keyOf({ kind, id }))
  const firstAt = (kind: Taken['kind'], id: string): number =>
    taken.findIndex((line) => line.kind === kind && line.id === id)
  const mayBeMissing = ({ kind, id }: ClientLine): boolean =>
    kind === 'document' ? withdrawn.has(id) : !has('document', id)
  return {
    acknowledged: acknowledged.length,
    lost: acknowledged.filter((line) => !has(line.kind, line.id) && !mayBeMissing(line)).map(keyOf),
    unexpected: [...itemsOf.keys()].filter((key) => !sent.has(key)),
    duplicated: [...itemsOf].filter(([, lines]) => new Set(lines.map(({ item }) => item)).size > 1).map(([key]) => key),
    recognised: taken.length - new Set(taken.map(({ item }) => item)).size,
    outOfOrder: [...withdrawn].filter(
      (id) => has('document', id) && has('withdrawal', id) && firstAt('document', id) > firstAt('withdrawal', id),
    ),
    overtaken: receiver.flatMap((line, n) =>
      line.what === 'open' ? overtakenAfter(client, receiver.slice(0, n), receiver.slice(n + 1), line.at) : [],
    ),
  }
}

/**
 * Of the documents that had been acknowledged when the receiver opened and had not been tried, the most urgent are to
 * leave first. Those that were tried have times of their own.
 */
function overtakenAfter(
  client: readonly ClientLine[],
  before: readonly ReceiverLine[],
  after: readonly ReceiverLine[],
  openedAt: number,
): string[] {
  const tried = new Set(before.flatMap((line) => ('item' in line ? [keyOf(line)] : [])))
  const waiting = new Map(
    client
      .filter(({ what, kind, at }) => what === 'acknowledged' && kind === 'document' && at < openedAt)
      .map((line) => [keyOf(line), line.rank] as const)
      .filter(([key]) => !tried.has(key)),
  )
  const left = after.flatMap((line) => {
    const rank = 'item' in line ? waiting.get(keyOf(line)) : undefined
    return 'item' in line && rank !== undefined ? [{ key: keyOf(line), rank }] : []
  })
  return left
    .filter(({ rank }, n) => left.slice(n + 1).filter((later) => later.rank < rank).length >= 2 * AT_ONCE)
    .map(({ key }) => key)
}
