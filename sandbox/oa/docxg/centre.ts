import { hash, randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { listen } from 'soap'
import type { CountedUnit } from '../../counting/units.ts'
import { Host } from '../host.ts'
import type { Inboxes } from '../inboxes.ts'
import type { Incoming, KeptFile } from '../item.ts'
import type { Plant, UnitOa } from '../port.ts'
import { CentreState } from './state.ts'
import { DocxgUnit } from './unit.ts'
import { centreWsdl, SERVICES } from './wsdl.ts'
import {
  readSummaries,
  writeDepartments,
  writeFailure,
  writeQueue,
  writeStates,
  writeSuccess,
  writeUntread,
  type Summary,
} from './xml.ts'

const PATH = '/docxg/services'
const FILES = '/docxg/files'
/** How long a file of the station may take to come, in milliseconds. */
const DOWNLOAD = 20_000

type Args = Readonly<Record<string, string | number | undefined>>

/**
 * A 中威 exchange centre with the units behind it: node-soap serves its five services, files go by address. The station
 * is its client: it puts documents in (saveDoc), takes out what the units sent, and asks how far they are.
 */
export class DocxgCentre implements Plant {
  readonly id: string
  readonly name: string
  readonly units: readonly UnitOa[]
  readonly #state: CentreState
  readonly #members: readonly CountedUnit[]
  readonly #inboxes: Inboxes
  readonly #host = new Host()
  readonly #userKey: string
  readonly #files: string

  constructor(options: {
    readonly system: string
    readonly name: string
    readonly units: readonly CountedUnit[]
    readonly inboxes: Inboxes
    readonly memory: string
    readonly userKey: string
  }) {
    this.id = options.system
    this.name = options.name
    this.#members = options.units
    this.#inboxes = options.inboxes
    this.#userKey = options.userKey
    this.#files = join(options.memory, 'files')
    mkdirSync(this.#files, { recursive: true })
    this.#state = new CentreState(join(options.memory, 'centre.jsonl'))
    this.units = options.units.map((unit) => new DocxgUnit(unit, this.#state, (bytes) => this.#store(bytes)))
  }

  get on(): boolean {
    return this.#host.on
  }

  get url(): string {
    return `${this.#host.url}${PATH}`
  }

  async start(): Promise<void> {
    this.#host.server.removeAllListeners('request')
    this.#host.server.on('request', (request, response) => this.#serveFile(request, response))
    await this.#host.switchOn()
    const methods = this.#methods()
    for (const [service, { operations }] of Object.entries(SERVICES)) {
      const port = Object.fromEntries(
        operations.map(({ name }) => [name, (args: Args) => this.#call(name, methods[name], args)]),
      )
      await new Promise<void>((resolve, reject) => {
        listen(this.#host.server, {
          path: `${PATH}/${service}`,
          xml: centreWsdl(service, `${this.url}/${service}`),
          services: { [service]: { [`${service}Port`]: port } },
          suppressStack: true,
          callback: (error: unknown) => (error instanceof Error ? reject(error) : resolve()),
        })
      })
    }
  }

  switch(on: boolean): Promise<void> {
    return on ? this.#host.switchOn() : this.#host.switchOff()
  }

  async close(): Promise<void> {
    await this.#host.switchOff()
    await this.#state.close()
  }

  async #call(
    name: string,
    method: ((args: readonly string[]) => Promise<string>) | undefined,
    args: Args,
  ): Promise<object> {
    const [key, ...rest] = ['arg0', 'arg1', 'arg2', 'arg3'].map((arg) => String(args[arg] ?? ''))
    if (key !== this.#userKey) return { return: writeFailure('验证没有通过') }
    if (method === undefined) throw new Error(`no such operation: ${name}`)
    return { return: await method(rest) }
  }

  #methods(): Readonly<Record<string, (args: readonly string[]) => Promise<string>>> {
    const nameOf = (unit: string): { code: string; name: string } => {
      const member = this.#members.find((one) => one.id === unit)
      return { code: member?.codes[0] ?? unit, name: member?.name ?? unit }
    }
    return {
      listAllByXML: async () => writeDepartments(this.#members.map((unit) => nameOf(unit.id))),
      getToBeRecevicedList: async () =>
        writeQueue(
          this.#state.waiting,
          'YIZHAN',
          (file) => `${this.#host.url}${FILES}/${file.digest}/${encodeURIComponent(file.name)}`,
        ),
      updateDocForReceive: async ([queueId = '']) =>
        (await this.#state.receive(queueId)) ? 'true' : writeFailure(`没有此件 ${queueId}`),
      saveDoc: async ([xml = '']) => this.#save(await readSummaries(xml)),
      getDocStatusByDocguid: async ([docguid = '']) => {
        const saved = this.#state.saved(docguid)
        return saved === undefined ? writeFailure(`没有此件 ${docguid}`) : writeStates(saved, nameOf)
      },
      toSaveUntreadDoc: async ([docguid = '', remark = '', department = '']) =>
        this.#untread(docguid, remark, department),
      getUntreadToBeRecevicedList: async ([page = '1', size = '20', status = '2']) => {
        const all = this.#state.untread(Number(status))
        return writeUntread(
          all.slice((Number(page) - 1) * Number(size), Number(page) * Number(size)),
          all.length,
          nameOf,
        )
      },
      updateUntreadDoc: async ([id = '']) => ((await this.#state.see(id)) ? 'true' : writeFailure(`没有此件 ${id}`)),
      getDocInfo: async () => writeUntread([], 0, nameOf),
    }
  }

  /** Keeps what the station put in, files included, before it says so. The same DOCGUID again is the same document. */
  async #save(summaries: readonly Summary[]): Promise<string> {
    for (const summary of summaries) {
      const units = this.#members
        .filter((unit) => summary.codes.some((code) => unit.codes.includes(code) || unit.id === code))
        .map((unit) => unit.id)
      if (summary.docguid === '' || units.length === 0) return writeFailure(`没有收文单位 ${summary.codes.join(';')}`)
      const files = await Promise.all(summary.files.map((file) => this.#download(file)))
      for (const unit of units) await this.#inboxes.keep(itemOf(summary, this.id, unit, files))
      await this.#state.save(summary.docguid, units, summary.senderId, summary.number)
    }
    const [first] = summaries
    return first === undefined ? writeFailure('没有公文') : writeSuccess(`发送成功：${first.docguid}`)
  }

  async #download({ name, role, url }: Summary['files'][number]): Promise<KeptFile> {
    const response = await fetch(url, { signal: AbortSignal.timeout(DOWNLOAD) })
    if (!response.ok) throw new Error(`附件下载失败 ${response.status} ${name}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    return { name, role, size: bytes.length, digest: hash('sha256', bytes, 'hex') }
  }

  /** The station gives back what a unit sent; or, in the name of its sender, takes back what it put in itself. */
  async #untread(docguid: string, remark: string, department: string): Promise<string> {
    if (await this.#state.refuse(docguid, remark)) return 'true'
    const saved = this.#state.saved(docguid)
    if (saved === undefined) return writeFailure(`没有此件 ${docguid}`)
    for (const unit of saved.states.keys()) {
      await this.#inboxes.keep({
        system: this.id,
        unit,
        kind: 'withdrawal',
        id: `untread-${docguid}`,
        number: saved.number,
        from: department,
        text: remark,
        about: { id: docguid, number: saved.number },
      })
    }
    return 'true'
  }

  #store(bytes: Buffer): string {
    const digest = hash('sha256', bytes, 'hex')
    writeFileSync(join(this.#files, digest), bytes)
    return digest
  }

  #serveFile(request: IncomingMessage, response: ServerResponse): void {
    const digest = new RegExp(`^${FILES}/([0-9a-f]{64})/`).exec(request.url ?? '')?.[1]
    try {
      if (digest === undefined) throw new Error('not found')
      const bytes = readFileSync(join(this.#files, digest))
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': bytes.length }).end(bytes)
    } catch {
      response.writeHead(404).end()
    }
  }
}

/** Types under which the station files what is no document in this dialect. */
const NOTICES: Readonly<Record<string, Incoming['kind']>> = {
  回执: 'receipt',
  退文: 'return',
  撤回: 'withdrawal',
  答复: 'reply',
  投递结果: 'notice',
}

function itemOf(summary: Summary, system: string, unit: string, files: readonly KeptFile[]): Incoming {
  const base = {
    system,
    unit,
    id: summary.docguid || randomUUID(),
    number: summary.number,
    from: summary.senderName.split(';')[0],
    issuers: summary.senderName.split(';'),
    documentType: summary.type,
  }
  const kind = NOTICES[summary.type]
  if (kind === undefined)
    return {
      ...base,
      kind: 'document',
      title: summary.title,
      urgency: summary.priority,
      files,
      digest: (files.find((file) => file.role === 'main') ?? files[0])?.digest,
    }
  const about = { number: summary.number, title: summary.title.replace(/^[^：]*：/, '') }
  if (kind === 'receipt')
    return { ...base, kind, about, state: summary.keyword.includes('已收到') ? 'taken' : 'signed' }
  return { ...base, kind, about, text: summary.keyword }
}
