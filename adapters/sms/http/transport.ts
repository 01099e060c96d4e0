import { YizhanError } from '../../../core/errors/error.ts'
import type { HttpMount } from '../../../core/adapter/port.ts'
import { CallAgents } from '../../kit/http/agents.ts'
import { exchange, type HttpResponse } from '../../kit/http/exchange.ts'
import { statusFailure } from '../../kit/http/verdict.ts'
import type { HttpConfig } from '../config.ts'
import { SubmissionPace } from '../link/pace.ts'
import { mobileNumber } from '../numbers.ts'
import { checkLength } from '../text/length.ts'
import type { SmsHandlers, SmsHouse, SmsSubmission, SmsTaken, SmsTransport } from '../transport.ts'
import { pushMount } from './mount.ts'
import { readSubmissionAnswer, writeSubmission } from './request.ts'

/** Short messages over China Mobile's 云MAS by HTTP. The platform divides long texts itself and names one id. */
export class HttpTransport implements SmsTransport {
  readonly mounts: readonly HttpMount[]
  readonly #house: SmsHouse
  readonly #config: HttpConfig
  readonly #url: URL
  readonly #agents: CallAgents
  readonly #pace: SubmissionPace
  readonly #closing = new AbortController()
  readonly #open = new Set<Promise<SmsTaken>>()
  #handlers: SmsHandlers | undefined

  constructor(house: SmsHouse, config: HttpConfig) {
    this.#house = house
    this.#config = config
    this.#url = new URL(config.url)
    this.#agents = new CallAgents({ keepAlive: true }, house.tls)
    this.#pace = new SubmissionPace(config.pace)
    this.mounts = [pushMount(house, config, () => this.#handlers)]
  }

  start(handlers: SmsHandlers): void {
    this.#handlers = handlers
  }

  submit(sms: SmsSubmission, signal: AbortSignal): Promise<SmsTaken> {
    const taken = this.#submit(sms, signal)
    this.#open.add(taken)
    const done = (): void => void this.#open.delete(taken)
    taken.then(done, done)
    return taken
  }

  async close(): Promise<void> {
    this.#handlers = undefined
    this.#closing.abort(new YizhanError('SYSTEM_UNREACHABLE', { field: this.#house.system, detail: 'closed' }))
    await Promise.allSettled(this.#open)
    this.#agents.destroy()
  }

  async #submit(sms: SmsSubmission, signal: AbortSignal): Promise<SmsTaken> {
    const { system, secret } = this.#house
    const mobiles = mobileNumber(sms.to)
    checkLength(this.#config, sms.text)
    await this.#pace.turn(AbortSignal.any([signal, this.#closing.signal]))
    const body = writeSubmission(this.#config, secret(`${system}.password`), {
      mobiles,
      content: sms.text,
      addSerial: this.#config.addSerial + (sms.extension ?? ''),
    })
    const headers = { 'content-type': 'text/plain; charset=utf-8', accept: 'application/json' }
    const [url, agent] = [this.#url, this.#agents.of(this.#url)]
    const posted = await exchange({ system, url, agent, headers, chunks: [body], signal })
    return { parts: [this.#understood(posted)] }
  }

  #understood(answer: HttpResponse): string {
    const { system } = this.#house
    const { status, bytes, retryAfterMs } = answer
    try {
      if (status === 200) return readSubmissionAnswer(system, this.#config, bytes)
      if (status === 429 || status === 503)
        throw new YizhanError('SMS_FLOW', { field: system, value: `HTTP ${status}` }, { retryAfterMs })
    } catch (error) {
      if (error instanceof YizhanError && error.code === 'SMS_FLOW') this.#slow()
      throw error
    }
    const error = statusFailure(system, answer)
    if (error.code !== 'SYSTEM_REFUSED') throw error
    throw new YizhanError('SMS_REFUSED', {
      field: system,
      value: `HTTP ${status}`,
      detail: '平台拒收 / refused by the platform',
    })
  }

  #slow(): void {
    const { system, clock, emit } = this.#house
    const { slowPerSecond, slowMs } = this.#config.pace
    if (this.#pace.slow())
      emit.emit({ code: 'sms.slowed', at: clock.now(), system, detail: `${slowPerSecond}/s, ${slowMs} ms` })
  }
}
