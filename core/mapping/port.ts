import type { OaDraft } from '../door/port.ts'
import type { FileRef, Message, Unread } from '../message/schema.ts'
import type { XmlElement } from './xml/element.ts'

/**
 * A compiled profile: how a dialect's bytes map to the canonical message and back. One description (a YAML file in
 * `config/profiles/`), both directions. It knows elements, not transports: the adapter takes the element out of its
 * envelope and puts the written chunks into one.
 */
export interface Profile {
  /** the file's name without extension */
  readonly id: string
  /** digest of the file and its code tables: kept with every message made under it */
  readonly revision: string
  /** e.g. `Submit`, `Paper`, `DOCSUMMARY`: the forms that this dialect knows */
  readonly forms: readonly string[]
  /**
   * Reads an element as a form. Collects every broken rule; rejects with PROFILE_FIELD (first) naming the dialect's own
   * path, the value and the rule. `quirks` are repairs made and values tolerated, for the log; `unread` are texts that
   * no field takes.
   */
  read(
    form: string,
    element: XmlElement,
    options?: ReadOptions,
  ): { readonly draft: OaDraft; readonly quirks: readonly string[]; readonly unread: readonly Unread[] }
  /** Writes a message as a form; files' bytes come from `bodies` (digest → bytes), base64 unless the form says URL. */
  write(form: string, message: Message, context: WriteContext): Buffer[]
}

export interface ReadOptions {
  /** files that came beside the XML (attachments, multipart, fetched URLs): name or href → bytes */
  readonly attached?: ReadonlyMap<string, Buffer>
}

export interface WriteContext {
  /** XML by default */
  readonly syntax?: 'json' | undefined
  /** the id under which the receiver may recognise a second delivery */
  readonly deliveryId: string
  /** the unit the copy is for */
  readonly unit?: { readonly id: string; readonly name: string; readonly codes: readonly string[] } | undefined
  /** bytes of the message's files and of a long text (`digestsOf`), where the form carries them */
  readonly bodies?: ReadonlyMap<string, Buffer>
  /**
   * takes the bytes of files that are to stand beside the XML, and gives the address of each; without it they are
   * base64
   */
  readonly attach?: ((bytes: Buffer) => string) | undefined
  /** address of a file, where the form names files by URL */
  readonly urlOf?: (file: FileRef) => string
  /** a unit's code as this dialect knows it (by its position among the unit's codes) */
  readonly codeOf?: (unit: string) => string
}
