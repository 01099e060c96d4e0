import { createHash } from 'node:crypto'
import type { Socket } from 'node:net'
import {
  connectReplyTable,
  connectTable,
  cut,
  deliverReplyTable,
  ID,
  packet,
  REPLY,
  type Version,
  fill,
} from './layouts.ts'

export interface SmsLogin {
  readonly account: string
  readonly secret: string
  readonly version: Version
}

export interface ClientEvents {
  loggedIn(client: Client): void
  /** a SUBMIT's body; resolves with the answer's, or undefined for none */
  submit(body: Buffer): Promise<Buffer | undefined>
  /** the SP confirmed a DELIVER of ours, by its sequence */
  confirmed(client: Client, sequence: number, result: number): void
  gone(client: Client): void
  /** hanging: reads and never answers; garbage: answers with something else */
  mood(): 'well' | 'hang' | 'garbage'
  garbage(): Buffer
}

/** An SP's connection to the centre. */
export class Client {
  readonly #socket: Socket
  readonly #login: SmsLogin
  readonly #events: ClientEvents
  /** answers by sequence: a SUBMIT that comes again gets the same answer */
  readonly #answers = new Map<number, { readonly body: Buffer; readonly answer: Promise<Buffer | undefined> }>()
  #rest: Buffer = Buffer.alloc(0)
  #sequence = 0
  #isIn = false

  constructor(socket: Socket, login: SmsLogin, events: ClientEvents) {
    this.#socket = socket
    this.#login = login
    this.#events = events
    socket.setNoDelay(true)
    socket.on('data', (chunk: Buffer) => this.#read(chunk))
    // A client that vanishes is no matter of ours; 'close' follows.
    socket.on('error', () => undefined)
    socket.once('close', () => events.gone(this))
  }

  get isIn(): boolean {
    return this.#isIn
  }

  /** Sends a DELIVER; its sequence comes back in `confirmed`. */
  deliver(body: Buffer): number {
    const sequence = ++this.#sequence
    this.#send(ID.deliver, sequence, body)
    return sequence
  }

  test(): void {
    this.#send(ID.activeTest, ++this.#sequence, Buffer.alloc(0))
  }

  drop(): void {
    this.#socket.destroy()
  }

  #read(chunk: Buffer): void {
    if (this.#events.mood() === 'hang') return
    if (this.#events.mood() === 'garbage') {
      this.#socket.write(this.#events.garbage())
      return
    }
    this.#rest = Buffer.concat([this.#rest, chunk])
    while (this.#rest.length >= 12 && this.#rest.length >= this.#rest.readUInt32BE(0)) {
      const length = this.#rest.readUInt32BE(0)
      if (length < 12) return this.drop()
      const pdu = this.#rest.subarray(0, length)
      this.#rest = this.#rest.subarray(length)
      try {
        this.#take(pdu.readUInt32BE(4), pdu.readUInt32BE(8), pdu.subarray(12))
      } catch {
        // Bytes that are no CMPP: a real centre hangs up too.
        return this.drop()
      }
    }
  }

  #take(command: number, sequence: number, body: Buffer): void {
    if (command === ID.connect) return this.#connect(sequence, body)
    if (!this.#isIn) return this.drop()
    if (command === ID.submit) void this.#submit(sequence, Buffer.from(body))
    else if (command === ID.activeTest) this.#send(REPLY + command, sequence, Buffer.alloc(1))
    else if (command === REPLY + ID.deliver)
      this.#events.confirmed(this, sequence, cut(deliverReplyTable(this.#login.version), body).int('Result'))
    else if (command === ID.terminate) {
      this.#send(REPLY + command, sequence, Buffer.alloc(0))
      this.#socket.end()
    }
  }

  #connect(sequence: number, body: Buffer): void {
    const { account, secret, version } = this.#login
    const fields = cut(connectTable(), body)
    const stamp = String(fields.int('Timestamp')).padStart(10, '0')
    const wanted = createHash('md5').update(`${account}\0\0\0\0\0\0\0\0\0${secret}${stamp}`, 'latin1').digest()
    const isVersion = (fields.int('Version') >= 0x30 ? 3 : 2) === version
    const status =
      fields.text('Source_Addr') !== account
        ? 2
        : !wanted.equals(fields.raw('AuthenticatorSource'))
          ? 3
          : isVersion
            ? 0
            : 4
    const shown = fill([['Status', version === 3 ? 4 : 1]], { Status: status })
    const proof = createHash('md5')
      .update(Buffer.concat([shown, fields.raw('AuthenticatorSource'), Buffer.from(secret, 'latin1')]))
      .digest()
    this.#send(
      REPLY + ID.connect,
      sequence,
      fill(connectReplyTable(version), {
        Status: status,
        AuthenticatorISMG: proof,
        Version: version === 3 ? 0x30 : 0x20,
      }),
    )
    if (status !== 0) return void this.#socket.end()
    this.#isIn = true
    this.#events.loggedIn(this)
  }

  async #submit(sequence: number, body: Buffer): Promise<void> {
    let known = this.#answers.get(sequence)
    if (known === undefined || !known.body.equals(body)) {
      known = { body, answer: this.#events.submit(body) }
      this.#answers.set(sequence, known)
      if (this.#answers.size > 1000)
        for (const [oldest] of this.#answers) if (this.#answers.size > 1000) this.#answers.delete(oldest)
    }
    const answer = await known.answer
    if (answer !== undefined && this.#events.mood() === 'well') this.#send(REPLY + ID.submit, sequence, answer)
  }

  #send(command: number, sequence: number, body: Buffer): void {
    if (this.#socket.writable) this.#socket.write(packet(command, sequence, body))
  }
}
