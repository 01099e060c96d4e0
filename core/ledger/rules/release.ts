import { hash } from 'node:crypto'
import type { Books } from './books.ts'

export interface ReleaseCommand {
  readonly who: string
  readonly at: number
  readonly flows: string
}

/** The revision is the digest of the flows: the same flows have the same revision, whoever deploys them again. */
export async function release(books: Books, command: ReleaseCommand): Promise<string> {
  const revision = hash('sha256', command.flows, 'hex').slice(0, 12)
  await books.releases.insert({ revision, ...command })
  return revision
}
