import type { Books } from '../books.ts'
import type { FeedPosition } from '../port.ts'

/** A feed that is on for the first time begins at the end: what was committed before is history, and not news. */
export function beginFeed(books: Books, { on }: { readonly on: boolean }): FeedPosition | undefined {
  if (!on) {
    books.feed.forget()
    return undefined
  }
  const position = books.feed.position ?? books.feed.ends
  books.feed.moveTo(position)
  return position
}

export function feedMoved(books: Books, position: FeedPosition): void {
  books.feed.moveTo(position)
}
