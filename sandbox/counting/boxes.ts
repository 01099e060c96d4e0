import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Shelved } from '../archive/item.ts'
import { readJsonLog } from '../files/json-log.ts'
import { readNumbered } from '../files/numbered.ts'
import type { KeptMail } from '../mail/boxes.ts'
import type { RepeatLine } from '../oa/inboxes.ts'
import type { Kept } from '../oa/item.ts'
import type { PortalKept as Shown } from '../portal/item.ts'
import type { Received } from '../sms/phones.ts'
import { plainNumber } from './numbers.ts'

/** Something that a receiver wrote down. `key` identifies what is no unit's item; see `keyOf`. */
export interface CountedItem extends Omit<Kept, 'kind' | 'files'> {
  readonly kind: Kept['kind'] | 'sms' | 'mail' | 'shown' | 'shelved'
  readonly key?: string | undefined
  readonly files?: readonly { readonly digest: string }[] | undefined
}

/** What lies in one folder: a unit's inbox, a phone, a mailbox, the portal's, the bureau's shelves. */
export interface Box {
  readonly system: string
  readonly unit: string
  readonly items: readonly CountedItem[]
  readonly repeats: readonly RepeatLine[]
}

/** Reads all boxes: `FOLDER/<system>/<unit>/<sequence>.json`. */
export function readBoxes(folder: string): Box[] {
  return foldersIn(folder).flatMap((system) =>
    foldersIn(join(folder, system)).map((unit) => {
      const path = join(folder, system, unit)
      return {
        system,
        unit,
        items: itemsOf(system, unit, path),
        repeats: readJsonLog<RepeatLine>(join(path, 'repeats.jsonl')),
      }
    }),
  )
}

function foldersIn(path: string): string[] {
  return readdirSync(path)
    .filter((name) => statSync(join(path, name)).isDirectory())
    .sort()
}

function itemsOf(system: string, unit: string, path: string): readonly CountedItem[] {
  switch (system) {
    case 'sms':
      return readNumbered<Received>(path).map((sms) => ({
        ...placed(system, unit, sms),
        kind: 'sms',
        id: sms.parts.join(','),
        text: sms.text,
        key: aboutKey('sms', sms.text),
      }))
    case 'mail':
      // What tells people of the directory's changes comes of no attempt.
      return readNumbered<KeptMail>(path)
        .filter(({ title }) => !title.startsWith('单位目录有'))
        .map((mail) => ({
          ...placed(system, unit, mail),
          kind: 'mail',
          id: mail.id,
          title: mail.title,
          text: mail.text,
          key: aboutKey('mail', mailText(mail)),
        }))
    case 'portal':
      // States of a petition come and go with its way; replies and publications are counted.
      return readNumbered<Shown>(path)
        .filter(({ kind }) => kind !== 'state')
        .map((shown) => ({
          ...placed(system, unit, shown),
          kind: 'shown',
          id: shown.id,
          title: shown.title,
          text: shown.text,
          files: shown.files,
          key: shownKey(shown),
        }))
    case 'archive':
      return readNumbered<Shelved>(path).map((item) => ({
        ...placed(system, unit, item),
        kind: 'shelved',
        id: item.archiveNumber,
        number: item.number,
        title: item.title,
        files: item.files,
        key: shelvedKey(item.number, item.title),
      }))
    default:
      return readNumbered<Kept>(path)
  }
}

function placed(
  system: string,
  unit: string,
  { sequence, receivedAt }: { readonly sequence: number; readonly receivedAt: string },
): Pick<CountedItem, 'system' | 'unit' | 'sequence' | 'receivedAt'> {
  return { system, unit, sequence, receivedAt }
}

function mailText({ title, text }: KeptMail): string {
  return `${title}\n${text}`
}

/** The first title in a text: 《…》. */
function titleIn(text: string): string | undefined {
  return /《(.+?)》/u.exec(text)?.[1]
}

/** What a text is about. */
function aboutKey(way: 'sms' | 'mail', text: string): string {
  return remindKey(way, titleIn(text))
}

export function remindKey(way: 'sms' | 'mail', title: string | undefined): string {
  return `${way}|${title ?? ''}`
}

function shownKey({ kind, about, publication }: Shown): string {
  if (kind === 'publication') return publishedKey(publication?.id.split(':')[1], publication?.revision ?? 0)
  return `${kind}|${about?.externalId ?? ''}`
}

export function publishedKey(number: string | undefined, revision: number): string {
  return `published|${plainNumber(number)}|${revision}`
}

/** A corrected document may bear the number of the first: its title tells them apart. */
export function shelvedKey(number: string | undefined, title: string | undefined): string {
  return `shelved|${plainNumber(number)}|${plainText(title)}`
}

/** A title, or words, as dialects may not change them: without its blanks, full and half width the same. */
export function plainText(title: string | undefined): string {
  return (title ?? '').normalize('NFKC').replace(/\s/gu, '')
}
