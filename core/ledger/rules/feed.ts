import type { Books } from './books.ts'
import type { FeedPosition } from '../port.ts'

/** A feed that is on for the first time begins at the end: what was committed before is history, and not news. */
export async function beginFeed(books: Books, { on }: { readonly on: boolean }): Promise<FeedPosition | undefined> {
  if (!on) {
    await books.feed.forget()
    return undefined
  }
  const position = (await books.feed.position()) ?? (await books.feed.ends())
  await books.feed.moveTo(position)
  return position
}

export async function feedMoved(books: Books, position: FeedPosition): Promise<void> {
  await books.feed.moveTo(position)
}
