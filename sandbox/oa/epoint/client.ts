import { parseStringPromise } from 'xml2js'
import type { CountedUnit } from '../../counting/units.ts'
import { child, list, text, type Node } from '../node.ts'
import type { Inboxes } from '../inboxes.ts'
import type { Kept } from '../item.ts'
import type { Paper } from '../paper.ts'
import type { Sent, UnitOa } from '../port.ts'
import { readPaper, writePaper, type Warts } from './papers.ts'
import { callAsmx, descriptionError, escape, type Charset } from './wire.ts'

/** Operations as these OAs were configured, `URL?op=Name`; the first is known from real systems. */
const OPERATIONS = {
  list: 'InboxArchive_Unreceipted',
  notices: 'InboxArchive_Notices',
  fetch: 'InboxArchive_Receive',
  sign: 'InboxArchive_Receipt',
  return: 'InboxArchive_Return',
  send: 'OutboxArchive_Send',
  withdraw: 'OutboxArchive_Withdraw',
  reply: 'InboxArchive_Reply',
} as const

export interface EpointLogin {
  readonly name: string
  readonly password: string
}

/**
 * An OA that was made for a 新点 exchange centre: it calls the station's asmx with XML strings, as sloppily as the real
 * ones.
 */
export class EpointOa implements UnitOa {
  readonly unit: string
  readonly system: string
  readonly dialect = 'epoint'
  readonly can = { withdraw: true, return: true, reply: true }
  readonly #dept: { readonly code: string; readonly name: string }
  readonly #url: () => string
  readonly #token: string
  readonly #inboxes: Inboxes
  readonly #charset: Charset
  readonly #warts: Warts

  /** @param habit tells the OAs apart: which warts, which charset */
  constructor(unit: CountedUnit, url: () => string, login: EpointLogin, inboxes: Inboxes, habit: number) {
    this.unit = unit.id
    this.system = unit.system
    this.#dept = { code: unit.codes[0] ?? unit.id, name: unit.name }
    this.#url = url
    this.#token = Buffer.from(`${login.name}:${login.password}`).toString('base64')
    this.#inboxes = inboxes
    this.#charset = habit % 3 === 2 ? 'gb2312' : 'utf-8'
    this.#warts = { bareAmpersand: habit % 2 === 0, doubledEnd: habit % 4 === 1, nullDate: habit % 3 === 0 }
  }

  async submit(paper: Paper): Promise<string> {
    return idOf(await this.#call('send', this.parasOf(paper)))
  }

  /** The ParasXml with which this OA sends a paper. */
  parasOf(paper: Paper): string {
    return writePaper(paper, this.#dept, this.#warts)
  }

  async sign(item: Kept, by: string): Promise<string> {
    return idOf(await this.#call('sign', this.#about(item.id, `<UserName>${escape(by)}</UserName>`)))
  }

  async return(item: Kept, reason: string, by: string): Promise<string> {
    return idOf(
      await this.#call(
        'return',
        this.#about(item.id, `<Reason>${escape(reason)}</Reason><UserName>${escape(by)}</UserName>`),
      ),
    )
  }

  async reply(item: Kept, words: string, result: string | undefined, by: string): Promise<string> {
    const more = `<Content>${escape(words)}</Content>${result === undefined ? '' : `<Result>${escape(result)}</Result>`}<UserName>${escape(by)}</UserName>`
    return idOf(await this.#call('reply', this.#about(item.id, more)))
  }

  async withdraw(sent: Sent, reason: string, by: string): Promise<string> {
    return idOf(
      await this.#call(
        'withdraw',
        this.#about(sent.answer, `<Reason>${escape(reason)}</Reason><UserName>${escape(by)}</UserName>`),
      ),
    )
  }

  async poll(): Promise<number> {
    return (await this.#take('list')) + (await this.#take('notices'))
  }

  /** Fetches and keeps what is listed and not yet known. Notices are receipted by the program, documents by a clerk. */
  async #take(what: 'list' | 'notices'): Promise<number> {
    let found = 0
    for (const paper of list(child(child(await this.#call(what), 'ReturnInfo'), 'PaperList'), 'Paper')) {
      const id = text(paper, 'SysGUID')
      if (!this.#inboxes.has(this.system, this.unit, id)) {
        const area = await this.#call(
          'fetch',
          `<?xml version="1.0" encoding="gb2312"?><paras><InboxGuid>${escape(id)}</InboxGuid></paras>`,
        )
        const document = child(area, '电子公文')
        if (document === undefined) throw new Error(`取回的不是公文 / no document in the answer: ${id}`)
        await this.#inboxes.keep(readPaper(document, this.system, this.unit, id))
        found++
      }
      if (what === 'notices') await this.#call('sign', this.#about(id, ''))
    }
    return found
  }

  #about(id: string, more: string): string {
    return `<?xml version="1.0" encoding="gb2312"?><paras><DeptGuid>${this.#dept.code}</DeptGuid><DeptName>${this.#dept.name}</DeptName><originalPaperGUID>${escape(id)}</originalPaperGUID>${more}</paras>`
  }

  /** Calls an operation; the UserArea of its answer. Rejects with Refused or TryAgain. */
  async #call(operation: keyof typeof OPERATIONS, paras?: string): Promise<Node> {
    const name = OPERATIONS[operation]
    const result = await callAsmx(
      this.#url(),
      name,
      { TokenBase64: this.#token, ...(paras === undefined ? {} : { ParasXml: paras }) },
      this.#charset,
    )
    const data = child(
      child((await parseStringPromise(result, { explicitArray: false })) as Node, 'EpointDataBody'),
      'DATA',
    )
    const info = child(data, 'ReturnInfo')
    if (text(info, 'Status') !== 'True') throw descriptionError(text(info, 'Description'))
    return child(data, 'UserArea') ?? ''
  }
}

function idOf(area: Node): string {
  const id = text(area, 'SysGUID')
  if (id === '') throw new Error('没有收文号 / the station answered without an acceptance number')
  return id
}
