import { isUtf8 } from 'node:buffer'
import type { House } from '../../core/adapter/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { Shown, ShownItem } from '../../core/ledger/port.ts'
import { textFileOf } from '../../core/message/bodies.ts'
import { issuerNames } from '../../core/message/issuers.ts'
import type { DocumentMessage, FileRef, Message, WithdrawalMessage } from '../../core/message/schema.ts'
import { portalFiles } from './files.ts'
import type { LivePublication, Publication, PublicationPage } from './port.ts'

/** One change of a publication, by one message that flows put out to the portal. */
export interface PublicationChange {
  readonly position: number
  /** id of the message */
  readonly message: string
  readonly action: 'create' | 'replace' | 'withdraw'
  readonly publication: Publication
  /** digest of its main file, where that is a short text */
  readonly main?: string | undefined
}

/** A main file of text up to this many bytes is shown as the text of a publication that has none. */
const TEXT_BYTES = 100_000
/** Rows read at once while a page is filled. */
const AT_ONCE = 100
const KINDS = ['document', 'withdrawal'] as const

/**
 * What a portal publishes (信息公开), out of what flows have put out to it: documents and their withdrawals. A document
 * of the same issuer with the same number takes the place of the one before, which its issuer has to withdraw first.
 */
export class Shelf {
  readonly #shown: Shown
  readonly #content: House['content']
  readonly #system: string

  constructor(house: Pick<House, 'ledger' | 'content'>, system: string) {
    this.#shown = house.ledger.shown
    this.#content = house.content
    this.#system = system
  }

  /** Publications whose last change stands behind `after`. What was changed again stands there only. */
  async page(after: string | undefined, limit: number): Promise<PublicationPage> {
    let position = readCursor(after)
    const publications: Publication[] = []
    for (;;) {
      const rows = await this.#shown.since({ system: this.#system, kinds: KINDS, after: position, max: AT_ONCE })
      for (const row of rows) {
        if (publications.length === limit) return { publications, next: String(position) }
        const last = (await this.#changes(row.message)).at(-1)
        if (last?.position === row.position) publications.push(await this.#withText(last))
        position = row.position
      }
      if (rows.length < AT_ONCE) return { publications, next: String(position) }
    }
  }

  async publication(id: string): Promise<Publication | undefined> {
    const last = changesOf(id, await this.#story(id)).at(-1)
    return last === undefined ? undefined : this.#withText(last)
  }

  /**
   * What this message changed when it was put out; undefined where it changed nothing, such as a withdrawal of what
   * never stood there.
   */
  async changeBy(message: Message): Promise<PublicationChange | undefined> {
    const change = (await this.#changes(message)).find((one) => one.message === message.id)
    return change === undefined ? undefined : { ...change, publication: await this.#withText(change) }
  }

  /** Many OAs send a document's text as a file only. */
  async #withText({ publication, main }: PublicationChange): Promise<Publication> {
    if (publication.state !== 'published' || publication.text !== '' || main === undefined) return publication
    const bytes = await this.#content.read(main)
    return {
      ...publication,
      text: new TextDecoder(isUtf8(bytes) ? 'utf-8' : 'gb18030').decode(bytes).replace(/\r\n?/g, '\n'),
    }
  }

  async #changes(message: Message): Promise<PublicationChange[]> {
    const id = publicationId(message)
    return id === undefined ? [] : changesOf(id, await this.#story(id))
  }

  #story(id: string): Promise<readonly ShownItem[]> {
    const [, number] = split(id)
    return this.#shown.about({ system: this.#system, text: number ?? id })
  }
}

/**
 * Issuer and number, which a correction has in common with what it corrects; without a number the document's own id.
 */
function publicationId(message: Message): string | undefined {
  if (message.kind === 'document') return idOf(message.from.unit, message.number, message.id)
  if (message.kind === 'withdrawal')
    return idOf(message.about.from?.unit ?? message.from.unit, message.about.number, message.about.id)
  return undefined
}

function idOf(unit: string | undefined, number: string | undefined, message: string): string {
  return unit === undefined || number === undefined ? message : `${unit}:${number}`
}

/** The number behind the issuer; our own ids hold no colon. */
function split(id: string): readonly [unit: string, number?: string] {
  const colon = id.indexOf(':')
  return colon < 0 ? [id] : [id.slice(0, colon), id.slice(colon + 1)]
}

/** In the order in which they were put out; flows may have held a document until after its withdrawal. */
function changesOf(id: string, items: readonly ShownItem[]): PublicationChange[] {
  const changes: PublicationChange[] = []
  const withdrawn: string[] = []
  let live: string | undefined
  let publishedAt: number | undefined
  for (const { message, position, at } of items) {
    if (publicationId(message) !== id) continue
    const revision = changes.length + 1
    if (message.kind === 'withdrawal') {
      withdrawn.push(message.about.id)
      if (live === undefined || !isOf(live, message.about.id)) continue
      live = undefined
      changes.push({
        position,
        message: message.id,
        action: 'withdraw',
        publication: withdrawnBy(message, { id, revision, at }),
      })
    } else if (message.kind === 'document' && !withdrawn.some((about) => isOf(message.id, about))) {
      live = message.id
      publishedAt ??= at
      changes.push({
        position,
        message: message.id,
        action: revision === 1 ? 'create' : 'replace',
        publication: published(message, { id, revision, at, publishedAt }),
        main: mainText(message),
      })
    }
  }
  return changes
}

/** The document itself, or what a flow made of it. */
function isOf(shown: string, document: string): boolean {
  return shown === document || shown.startsWith(`${document}~`)
}

function mainText(message: DocumentMessage): string | undefined {
  return filesOf(message).find(
    ({ role, mediaType, size }) => role === 'main' && mediaType.startsWith('text/plain') && size <= TEXT_BYTES,
  )?.digest
}

/** A long text comes first: it is what the document says. */
function filesOf(message: DocumentMessage): readonly FileRef[] {
  const text = textFileOf(message)
  return text === undefined ? message.files : [text, ...message.files]
}

function published(
  message: DocumentMessage,
  {
    id,
    revision,
    at,
    publishedAt,
  }: { readonly id: string; readonly revision: number; readonly at: number; readonly publishedAt: number },
): LivePublication {
  const { document, number, files, textBody } = message
  const isShort = textBody === undefined || textBody.size <= TEXT_BYTES
  return {
    state: 'published',
    id,
    revision,
    title: document.title,
    text: document.text ?? '',
    unit: issuerNames(message),
    category: document.documentType,
    number,
    publishedAt: new Date(publishedAt).toISOString(),
    updatedAt: new Date(at).toISOString(),
    files: portalFiles(isShort ? files : filesOf(message)),
  }
}

function withdrawnBy(
  message: WithdrawalMessage,
  { id, revision, at }: { readonly id: string; readonly revision: number; readonly at: number },
): Publication {
  return { state: 'withdrawn', id, revision, reason: message.withdrawal.reason, updatedAt: new Date(at).toISOString() }
}

function readCursor(after: string | undefined): number {
  if (after === undefined) return 0
  if (!/^\d{1,15}$/.test(after))
    throw new YizhanError('FIELD_INVALID', {
      field: 'after',
      value: after.slice(0, 40),
      rule: '上一次答复中的 next / `next` of the last answer',
    })
  return Number(after)
}
