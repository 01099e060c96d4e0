import type { Party } from './envelope.ts'
import type { DocumentMessage } from './schema.ts'

/** 发文机关: the lead (主办机关) first, then those that issue it with it (联合行文). */
export function issuersOf({ document, from }: Pick<DocumentMessage, 'document' | 'from'>): readonly Party[] {
  return document.issuers ?? [from]
}

/** Their names for people, as Chinese lists them. */
export function issuerNames(message: Pick<DocumentMessage, 'document' | 'from'>): string {
  return issuersOf(message)
    .map(({ name }) => name)
    .join('、')
}
