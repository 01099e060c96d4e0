import { createHash } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { join } from 'node:path'
import { writeDurably } from '../files/durable.ts'
import { JsonLog, readJsonLog } from '../files/json-log.ts'
import { namesIn, readNumbered } from '../files/numbered.ts'
import type { ReadMail } from './read.ts'

/** A mail as it lies in `DIR/mail/<mailbox>/<sequence>.json`. */
export interface KeptMail {
  readonly system: 'mail'
  /** the mailbox's address */
  readonly unit: string
  /** counts from 1 within the mailbox */
  readonly sequence: number
  readonly kind: 'mail'
  /** the Message-ID */
  readonly id: string
  readonly from: string
  readonly title: string
  readonly text: string
  /** SHA-256 over the whole message, lower-case hex */
  readonly digest: string
  readonly files: readonly { readonly name: string; readonly size: number; readonly digest: string }[]
  /** UTC, ISO 8601 */
  readonly receivedAt: string
}

interface Box {
  readonly mails: KeptMail[]
  readonly repeats: JsonLog<{ id: string; at: string }>
  repeated: number
  last: Promise<unknown>
}

/**
 * The mailboxes as files, durable before the server says 250. A Message-ID that a mailbox has is only counted, in
 * `repeats.jsonl`.
 */
export class MailBoxes extends EventEmitter<{ kept: [KeptMail]; repeated: [string] }> {
  readonly folder: string
  readonly #boxes = new Map<string, Box>()

  /** @param folder `DIR/mail` */
  constructor(folder: string) {
    super()
    this.folder = folder
  }

  /** Keeps a mail; one after the other within a mailbox. */
  keep(address: string, mail: ReadMail, raw: Buffer): Promise<'kept' | 'known'> {
    const box = this.#box(address)
    const result = box.last.then(() => this.#keep(box, address, mail, raw))
    box.last = result.catch(() => undefined)
    return result
  }

  /** Addresses that have got something. */
  get addresses(): readonly string[] {
    return namesIn(this.folder).map(decodeURIComponent).sort()
  }

  mails(address: string): readonly KeptMail[] {
    return this.#box(address).mails
  }

  /** How many mails to this box were recognised as repetitions. */
  repeated(address: string): number {
    return this.#box(address).repeated
  }

  async close(): Promise<void> {
    for (const box of this.#boxes.values()) {
      await box.last
      await box.repeats.close()
    }
  }

  async #keep(box: Box, address: string, mail: ReadMail, raw: Buffer): Promise<'kept' | 'known'> {
    if (box.mails.some((one) => one.id === mail.messageId)) {
      await box.repeats.add({ id: mail.messageId, at: new Date().toISOString() })
      box.repeated++
      this.emit('repeated', address)
      return 'known'
    }
    const files = mail.attachments.map(({ name, bytes }) => ({ name, size: bytes.length, digest: sha256(bytes) }))
    const kept: KeptMail = {
      system: 'mail',
      unit: address,
      sequence: box.mails.length + 1,
      kind: 'mail',
      id: mail.messageId,
      from: mail.from,
      title: mail.subject,
      text: mail.text,
      digest: sha256(raw),
      files,
      receivedAt: new Date().toISOString(),
    }
    await writeDurably(
      join(this.folder, fileName(address), `${String(kept.sequence).padStart(5, '0')}.json`),
      `${JSON.stringify(kept, undefined, 1)}\n`,
    )
    box.mails.push(kept)
    this.emit('kept', kept)
    return 'kept'
  }

  #box(address: string): Box {
    const known = this.#boxes.get(address)
    if (known !== undefined) return known
    const folder = join(this.folder, fileName(address))
    const path = join(folder, 'repeats.jsonl')
    const box: Box = {
      mails: readNumbered<KeptMail>(folder),
      repeats: new JsonLog(path),
      repeated: readJsonLog(path).length,
      last: Promise.resolve(),
    }
    this.#boxes.set(address, box)
    return box
  }
}

/** An address as a folder's name: what could lead elsewhere is spelt out. */
function fileName(address: string): string {
  return address
    .toLowerCase()
    .replace(/[^a-z0-9@._-]|^\.+/g, (found) => Buffer.from(found).toString('hex').replace(/../g, '%$&'))
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
