import { hash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Builder, parseStringPromise } from 'xml2js'
import type { Inboxes } from '../inboxes.ts'
import type { Kept } from '../item.ts'
import type { Paper } from '../paper.ts'
import { Refused, TryAgain, type Sent, type UnitOa } from '../port.ts'
import { readItem } from '../yizhan/items.ts'
import { listAt, objectAt, textAt, type SoapObject } from '../yizhan/values.ts'
import type { FolderName, Folders } from './folders.ts'

const NAMESPACE = 'urn:yizhan:oa:1'
/** How often the unit looks for the station's answer, and how long before it tries again. In milliseconds. */
const LOOK = 200
const PATIENCE = 30_000
/** What the station has put and not what it has answered: its ids begin with its name. */
const ITEM = /^zk-.*\.xml$/

/** A unit whose system knows only files: it gives XML with its attachments beside it, and waits for the answer. */
export class FilesOa implements UnitOa {
  readonly unit: string
  readonly system: string
  readonly dialect = 'files'
  readonly can = { withdraw: true, return: true, reply: true }
  readonly #folders: Folders
  readonly #inboxes: Inboxes

  constructor(unit: string, system: string, folders: Folders, inboxes: Inboxes) {
    this.unit = unit
    this.system = system
    this.#folders = folders
    this.#inboxes = inboxes
  }

  async submit(paper: Paper): Promise<string> {
    const stem = paper.key
    const files = paper.files.map(({ name, role, bytes }, at) => ({ name, role, bytes, beside: `${stem}.${at}.bin` }))
    for (const { beside, bytes } of files) await this.#folders.put('out', beside, bytes)
    return this.#give(stem, 'Submit', {
      document: {
        submissionId: paper.key,
        from: this.unit,
        ...(paper.issuers === undefined ? {} : { issuer: paper.issuers.map(({ name }) => name) }),
        documentType: paper.documentType,
        ...(paper.securityClass === undefined || paper.securityClass === ''
          ? {}
          : { securityClass: paper.securityClass }),
        emergencyDegree: paper.urgency,
        issuedNumberOfDocument: paper.number,
        ...(paper.signer === undefined ? {} : { signer: paper.signer }),
        documentTitle: paper.title,
        mainReceiverDepartment: paper.to,
        documentDate: paper.date,
        ...(paper.cc === undefined ? {} : { copyToDepartment: paper.cc }),
        ...(paper.releaseLevel === undefined ? {} : { releaseLevel: paper.releaseLevel }),
        files: {
          file: files.map(({ name, role, bytes, beside }) => ({
            name,
            role,
            size: bytes.length,
            content: {
              'xop:Include': { $: { 'xmlns:xop': 'http://www.w3.org/2004/08/xop/include', href: `cid:${beside}` } },
            },
          })),
        },
      },
    })
  }

  sign(item: Kept, by: string): Promise<string> {
    return this.#act('Sign', { id: item.id, by })
  }

  return(item: Kept, reason: string, by: string): Promise<string> {
    return this.#act('ReturnDocument', { id: item.id, reason, by })
  }

  reply(item: Kept, text: string, result: string | undefined, by: string): Promise<string> {
    return this.#act('Reply', { id: item.id, replyText: text, ...(result === undefined ? {} : { result }), by })
  }

  withdraw(sent: Sent, reason: string, by: string): Promise<string> {
    return this.#act('Withdraw', { id: sent.key, reason, by })
  }

  async poll(): Promise<number> {
    let found = 0
    for (const folder of ['in', 'receipts'] as const) {
      const names = await this.#folders.list(folder)
      for (const name of names) if (ITEM.test(name)) found += await this.#fetch(folder, name, names)
    }
    return found
  }

  /** Takes an item with its attachments, and removes them: that is the station's word that we have it. */
  async #fetch(folder: FolderName, name: string, names: readonly string[]): Promise<number> {
    const item = await read(await this.#folders.read(folder, name))
    const stem = name.slice(0, -'.xml'.length)
    const contents = new Map<string, Buffer>()
    for (const other of names)
      if (other.startsWith(`${stem}.`) && other !== name && !other.endsWith('.part'))
        contents.set(other, await this.#folders.read(folder, other))
    const outcome = await this.#inboxes.keep(readItem(withContents(item, contents), this.system, this.unit))
    await this.#folders.remove(folder, name)
    for (const other of contents.keys()) await this.#folders.remove(folder, other)
    return outcome === 'kept' ? 1 : 0
  }

  #act(form: string, act: Readonly<Record<string, string>>): Promise<string> {
    // The same act again is the same file.
    const stem = `${form}-${hash('sha256', JSON.stringify(act), 'hex').slice(0, 16)}`
    return this.#give(stem, form, act)
  }

  /** Gives a file and waits for what the station says of it. */
  async #give(stem: string, form: string, content: object): Promise<string> {
    await this.#forget(stem)
    const xml = new Builder({ renderOpts: { pretty: false } }).buildObject({
      [form]: { $: { xmlns: NAMESPACE }, ...content },
    })
    await this.#folders.put('out', `${stem}.xml`, Buffer.from(xml))
    for (let waited = 0; waited < PATIENCE; waited += LOOK) {
      await delay(LOOK)
      const answer = await this.#answer(stem)
      if (answer === undefined) continue
      await this.#forget(stem)
      if (answer instanceof Error) throw answer
      return answer
    }
    throw new TryAgain(`${this.unit}: 没有应答 no answer to ${stem}`)
  }

  /** The acceptance number, or why it was refused; undefined where there is no word yet, or not the last. */
  async #answer(stem: string): Promise<string | Error | undefined> {
    if ((await this.#folders.list('receipts')).includes(`${stem}.xml`)) {
      const id = textAt(await read(await this.#folders.read('receipts', `${stem}.xml`)), 'messageId')
      if (id === undefined) throw new Error('the station answered without an acceptance number')
      return id
    }
    if (!(await this.#folders.list('errors')).includes(`${stem}.txt`)) return undefined
    const text = (await this.#folders.read('errors', `${stem}.txt`)).toString('utf8').replace(/^\ufeff/, '')
    if (text.includes('将自动再试')) return undefined
    const [code = '', zh = '', en = ''] = text.split('\r\n')
    return new Refused(code, `${zh} / ${en}`)
  }

  async #forget(stem: string): Promise<void> {
    for (const [folder, name] of [
      ['receipts', `${stem}.xml`],
      ['errors', `${stem}.txt`],
    ] as const)
      if ((await this.#folders.list(folder)).includes(name)) await this.#folders.remove(folder, name)
  }
}

/** The root element as node-soap would give it. */
async function read(bytes: Buffer): Promise<SoapObject> {
  const parsed = (await parseStringPromise(bytes.toString('utf8'), {
    explicitRoot: false,
    explicitArray: false,
    mergeAttrs: true,
    tagNameProcessors: [(name) => name.replace(/^.*:/, '')],
  })) as SoapObject
  return parsed
}

/** The item with each file's bytes where the name of the file beside it stood. */
function withContents(item: SoapObject, contents: ReadonlyMap<string, Buffer>): SoapObject {
  const document = objectAt(item, 'document')
  const files = listAt(objectAt(document, 'files'), 'file')
  if (files.length === 0) return item
  const file = files.map((one) => {
    const href = (textAt(objectAt(objectAt(one, 'content'), 'Include'), 'href') ?? '').replace(/^cid:/, '')
    const bytes = contents.get(decodeURIComponent(href)) ?? contents.get(href)
    if (bytes === undefined) throw new TryAgain(`没有附件 no file beside it: ${href}`)
    return { ...objectAt(one), content: bytes.toString('base64') }
  })
  return { ...item, document: { ...document, files: { file } } }
}
