import { EventEmitter, once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { listen } from '../net/ports.ts'
import { Random } from '../opening-day/random.ts'
import { Client } from './client.ts'
import {
  cut,
  deliverTable,
  fill,
  reportTable,
  submitReplyTable,
  submitTable,
  type Fields,
  type Version,
} from './layouts.ts'
import { MessageIds } from './message-ids.ts'
import { Outbox, type Parcel } from './outbox.ts'
import { Phones, type Received } from './phones.ts'
import { pieces, shown, ucs2 } from './texts.ts'
import { shanghaiDigits } from '../../core/util/shanghai.ts'

export interface SmsCentreOptions {
  /** where the outbox and parts of texts are kept */
  readonly folder: string
  /** where what rang is written, `DIR/<number>/<sequence>.json`; `<folder>/phones` if absent */
  readonly phones?: string
  readonly account: string
  readonly secret: string
  /** 2 answers CMPP 2.0 and 2.1, 3 answers 3.0 */
  readonly version: Version
  /** the same seed, the same delays */
  readonly seed?: number
  /** status reports come so long after the submission, in milliseconds */
  readonly reportMs?: readonly [from: number, to: number]
  /** shares (0–1) of reports that come before SUBMIT_RESP, and that come twice */
  readonly early?: number
  readonly twice?: number
  /** an unconfirmed DELIVER is sent again after this */
  readonly resendMs?: number
}

/** DELIVERs without an answer at a time. */
const WINDOW = 16

/** The SMS centre of a carrier (ISMG) with the phones behind it. */
export class SmsCentre extends EventEmitter<{ received: [Received]; confirmed: [Parcel] }> {
  readonly #options: SmsCentreOptions
  readonly #server: Server
  readonly #phones: Phones
  readonly #outbox: Outbox
  readonly #ids = new MessageIds()
  readonly #random: Random
  readonly #clients = new Set<Client>()
  /** DELIVERs on their way, by client and sequence */
  readonly #sent = new Map<Client, Map<number, { readonly parcel: Parcel; readonly at: number }>>()
  readonly #fates = new Map<string, string>()
  readonly #reported: Parcel[] = []
  #mood: 'well' | 'hang' | 'garbage' = 'well'
  #refusal: { result: number; times: number; after: number } | undefined
  #swallow = 0
  #nextIsEarly = false
  #timer: NodeJS.Timeout | undefined
  #reference = 0
  #port = 0
  #isOn = false

  constructor(options: SmsCentreOptions) {
    super()
    this.#options = options
    this.#random = new Random(options.seed ?? 1)
    this.#phones = new Phones(options.folder, options.phones)
    this.#outbox = new Outbox(options.folder)
    this.#phones.on('received', (received) => this.emit('received', received))
    this.#server = createServer((socket) => {
      this.#clients.add(
        new Client(socket, options, {
          loggedIn: () => this.#pump(),
          submit: (body) => this.#submit(body),
          confirmed: (client, sequence, result) => void this.#confirmed(client, sequence, result),
          gone: (client) => {
            this.#clients.delete(client)
            this.#sent.delete(client)
          },
          mood: () => this.#mood,
          garbage: () => this.#random.bytes(64),
        }),
      )
    })
  }

  get port(): number {
    return this.#port
  }

  get isOn(): boolean {
    return this.#isOn
  }

  /** SPs that are logged in. */
  get logins(): number {
    return [...this.#clients].filter((client) => client.isIn).length
  }

  /** What has not been confirmed by the SP. */
  get unconfirmed(): number {
    return this.#outbox.open.length
  }

  /** Phones that have rung. */
  get phones(): readonly string[] {
    return this.#phones.numbers
  }

  received(phone: string): readonly Received[] {
    return this.#phones.received(phone)
  }

  /** Listens; on the same port each time. */
  async switchOn(): Promise<void> {
    if (this.#isOn) return
    this.#port = await listen(this.#server, this.#port)
    this.#isOn = true
  }

  /** Gone at once, as when somebody pulls the plug. */
  async switchOff(): Promise<void> {
    if (!this.#isOn) return
    this.#isOn = false
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.drop()
    await closed
  }

  /** Drops every connection; the SP may come back at once. */
  drop(): void {
    for (const client of this.#clients) client.drop()
  }

  /** `hang`: takes connections and bytes, and says nothing; `garbage`: answers with bytes that are no CMPP. */
  behave(mood: 'well' | 'hang' | 'garbage'): void {
    this.#mood = mood
  }

  /** So many submissions get this Result, after `after` others, and nothing rings for them; 8 is flow control. */
  refuse(result: number, times = 1, after = 0): void {
    this.#refusal = { result, times, after }
  }

  /** The next submissions ring, and their answers get lost. */
  swallow(times = 1): void {
    this.#swallow = times
  }

  /** What reports say of texts to this phone: DELIVRD unless told (EXPIRED, UNDELIV, MK:0012 …). */
  fate(phone: string, stat: string): void {
    this.#fates.set(phone, stat)
  }

  /** The next submission's report comes before its SUBMIT_RESP. */
  reportEarly(): void {
    this.#nextIsEarly = true
  }

  /** Sends the reports that were confirmed already once more; how many. */
  async reportAgain(): Promise<number> {
    const again = this.#reported.splice(0)
    for (const parcel of again) await this.#outbox.put({ ...parcel, due: Date.now() })
    this.#pump()
    return again.length
  }

  /** Somebody writes to the SP's number (with its extension, if any) on a phone. */
  async reply(phone: string, to: string, text: string): Promise<void> {
    const parts = pieces(text)
    this.#reference = (this.#reference + 1) % 256
    for (const [index, piece] of parts.entries()) {
      const id = this.#ids.next()
      const part = parts.length === 1 ? {} : { part: [this.#reference, parts.length, index + 1] as const }
      await this.#outbox.put({ key: id, id, due: Date.now(), phone, to, content: { text: piece, ...part } })
    }
    this.#pump()
  }

  /** ACTIVE_TEST to every SP. */
  test(): void {
    for (const client of this.#clients) if (client.isIn) client.test()
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    await this.switchOff()
    await this.#phones.close()
    await this.#outbox.close()
  }

  async #submit(body: Buffer): Promise<Buffer | undefined> {
    const { version } = this.#options
    if (this.#refusal !== undefined && this.#refusal.after-- <= 0 && this.#refusal.times > 0) {
      this.#refusal.times--
      return fill(submitReplyTable(version), { Result: this.#refusal.result })
    }
    let fields: Fields
    try {
      fields = cut(submitTable(version), body)
    } catch {
      return fill(submitReplyTable(version), { Result: 4 })
    }
    const id = this.#ids.next()
    const part = { id, to: fields.text('Dest_terminal_Id'), from: fields.text('Src_Id'), ...shown(fields) }
    await this.#phones.take(part)
    if (fields.int('Registered_Delivery') === 1) await this.#report(id, part.to, part.from)
    if (this.#swallow > 0) {
      this.#swallow--
      return undefined
    }
    return fill(submitReplyTable(version), { Msg_Id: Buffer.from(id, 'hex'), Result: 0 })
  }

  async #report(id: string, phone: string, from: string): Promise<void> {
    const { reportMs: [least, most] = [50, 500], early = 0, twice = 0 } = this.#options
    const isEarly = this.#nextIsEarly || this.#random.next() < early
    this.#nextIsEarly = false
    const due = Date.now() + (isEarly ? 0 : this.#random.integer(least, most))
    const content = { report: { id, stat: this.#fates.get(phone) ?? 'DELIVRD' } }
    const parcel: Parcel = { key: `${id}/report`, id: this.#ids.next(), due, phone, to: from, content }
    await this.#outbox.put(parcel)
    if (this.#random.next() < twice) await this.#outbox.put({ ...parcel, key: `${id}/report/2`, due: due + least })
    this.#pump()
  }

  async #confirmed(client: Client, sequence: number, result: number): Promise<void> {
    const sent = this.#sent.get(client)
    const parcel = sent?.get(sequence)?.parcel
    if (parcel === undefined) return
    sent?.delete(sequence)
    // 0 and 1 (which no second copy will mend) are the end of it; anything else is sent again.
    if (result <= 1) {
      await this.#outbox.done(parcel.key)
      if ('report' in parcel.content) this.#reported.push(parcel)
      this.emit('confirmed', parcel)
    }
    this.#pump()
  }

  /** Sends what is due to whoever is logged in, and wakes again for what is not. */
  #pump(): void {
    clearTimeout(this.#timer)
    if (!this.#isOn) return
    if (this.#mood !== 'well') {
      this.#wake(50)
      return
    }
    const [client] = [...this.#clients].filter((one) => one.isIn)
    if (client === undefined) return
    const now = Date.now()
    const { resendMs = 60_000 } = this.#options
    const sent = this.#sent.get(client) ?? new Map<number, { parcel: Parcel; at: number }>()
    this.#sent.set(client, sent)
    for (const [sequence, { at }] of sent) if (now - at >= resendMs) sent.delete(sequence)
    const underWay = new Set([...sent.values()].map(({ parcel }) => parcel.key))
    let next = resendMs
    for (const parcel of this.#outbox.open) {
      if (sent.size >= WINDOW) break
      if (underWay.has(parcel.key)) continue
      if (parcel.due <= now) sent.set(client.deliver(this.#deliverBody(parcel)), { parcel, at: now })
      else next = Math.min(next, parcel.due - now)
    }
    this.#wake(Math.max(1, next))
  }

  #wake(ms: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#pump(), ms)
    this.#timer.unref()
  }

  #deliverBody({ id, phone, to, content }: Parcel): Buffer {
    const { version } = this.#options
    const table = deliverTable(version)
    const shared = { Msg_Id: Buffer.from(id, 'hex'), Dest_Id: to, Src_terminal_Id: phone }
    if ('report' in content) {
      const minute = shanghaiDigits(Date.now()).slice(2, 12)
      const report = fill(reportTable(version), {
        Msg_Id: Buffer.from(content.report.id, 'hex'),
        Stat: content.report.stat,
        Submit_time: minute,
        Done_time: minute,
        Dest_terminal_Id: phone,
        SMSC_sequence: 1,
      })
      return fill(table, { ...shared, Registered_Delivery: 1, Msg_Length: report.length, Msg_Content: report })
    }
    const header = content.part === undefined ? Buffer.alloc(0) : Buffer.from([5, 0, 3, ...content.part])
    const text = Buffer.concat([header, ucs2(content.text)])
    return fill(table, {
      ...shared,
      TP_udhi: header.length > 0 ? 1 : 0,
      Msg_Fmt: 8,
      Msg_Length: text.length,
      Msg_Content: text,
    })
  }
}
