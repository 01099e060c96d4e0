import type { House } from '../../../core/adapter/port.ts'
import { textFileOf } from '../../../core/message/bodies.ts'
import type { FileRef } from '../../../core/message/schema.ts'
import type { PickupItem } from '../../../core/ledger/port.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import type { Inbox } from '../../kit/exchange/inbox.ts'
import type { UnitCodes } from '../../kit/exchange/units.ts'
import type { ClientConfig, FilesConfig } from '../config.ts'
import { writableName, type NameEncoding } from '../../kit/remote/names.ts'
import { writeZip, zipSize } from './zip-file.ts'

/** A file under which an item, or a part of it, lies in `in/` or `receipts/`. */
export interface OfferedFile {
  readonly name: string
  /** bytes */
  readonly size: number
  read(): Promise<Buffer>
}

/** What is offered or put. */
export type OfferedItem = Pick<PickupItem, 'row' | 'message' | 'createdAt'>

/** An item as files: the first is its XML or JSON, or the ZIP with everything. */
export interface Offer<Item extends OfferedItem = PickupItem> {
  readonly item: Item
  readonly files: readonly OfferedFile[]
}

export interface OfferParts {
  readonly house: House
  readonly inbox: Inbox
  readonly units: UnitCodes
  readonly caller: Caller
  readonly unit: string
  readonly config: FilesConfig
  readonly client: ClientConfig
}

/** Names on the wire and on disks of others have no more bytes. */
const MOST_NAME_BYTES = 200

/**
 * Makes an item's files, by what is agreed with the client. The bytes of its attachments are read when they are asked
 * for, not when a list is made.
 *
 * @param stem what the names of its files begin with
 */
export async function makeOffer<Item extends OfferedItem>(
  parts: OfferParts,
  item: Item,
  stem: string,
): Promise<Offer<Item>> {
  const { house, client } = parts
  const attachments = item.message.files.map((file, at) => attachmentOf(house, file, stem, at + 1, client.names))
  const syntax = client.offers === 'json' ? 'json' : 'xml'
  const text = await writeText(parts, item, attachments, syntax)
  const main: OfferedFile = { name: `${stem}.${syntax}`, size: text.length, read: () => Promise.resolve(text) }
  const files = [main, ...attachments.map(({ file }) => file)]
  return { item, files: client.offers !== 'zip' ? files : [zipOf(files, stem, client.names, item.createdAt)] }
}

interface Attachment {
  readonly digest: string
  /** stands for the bytes while the XML is written */
  readonly mark: Buffer
  readonly file: OfferedFile
}

function attachmentOf(house: House, ref: FileRef, stem: string, at: number, names: NameEncoding): Attachment {
  return {
    digest: ref.digest,
    mark: Buffer.from(ref.digest),
    file: {
      name: shortened(`${stem}.${at}.${writableName(ref.name, names)}`),
      size: ref.size,
      read: () => house.content.read(ref.digest),
    },
  }
}

async function writeText(
  parts: OfferParts,
  item: OfferedItem,
  attachments: readonly Attachment[],
  syntax: 'xml' | 'json',
): Promise<Buffer> {
  const { house, inbox, units, unit, config, caller } = parts
  const { message } = item
  const text = textFileOf(message)
  const bodies = new Map(attachments.map(({ digest, mark }) => [digest, mark]))
  if (text !== undefined) bodies.set(text.digest, await house.content.read(text.digest))
  const profile = house.profile(config.profile)
  const chunks = inbox.write({ caller, profile }, config.itemForm, item, {
    deliveryId: item.row,
    unit: units.context(unit),
    codeOf: units.codeOf,
    bodies,
    ...(syntax === 'json' ? { syntax } : {}),
    attach: (mark) => attachments.find((one) => one.mark === mark)?.file.name ?? '',
    urlOf: (ref) => attachments.find(({ digest }) => digest === ref.digest)?.file.name ?? ref.name,
  })
  if (syntax === 'json') return Buffer.concat(chunks)
  return Buffer.concat([Buffer.from('<?xml version="1.0" encoding="UTF-8"?>\n'), ...chunks])
}

function zipOf(files: readonly OfferedFile[], stem: string, names: NameEncoding, at: number): OfferedFile {
  return {
    name: `${stem}.zip`,
    size: zipSize(files, names),
    read: async () => {
      const parts = await Promise.all(files.map(async (file) => ({ name: file.name, bytes: await file.read() })))
      return writeZip(parts, names, at)
    },
  }
}

/** Cut before its extension. */
function shortened(name: string): string {
  if (Buffer.byteLength(name) <= MOST_NAME_BYTES) return name
  const dot = name.lastIndexOf('.')
  const ending = Buffer.byteLength(name.slice(dot)) > 20 ? '' : name.slice(dot)
  const kept = Array.from(name.slice(0, name.length - ending.length))
  while (Buffer.byteLength(kept.join('')) + ending.length > MOST_NAME_BYTES) kept.pop()
  return kept.join('') + ending
}
