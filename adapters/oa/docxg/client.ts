import { createClientAsync, type Client, type IHttpClient } from 'soap'
import type { SystemConfig } from '../../../core/config/schema.ts'
import { asError, YizhanError } from '../../../core/errors/error.ts'
import { childOf, textOf } from '../../../core/mapping/xml/element.ts'
import { CallAgents } from '../../kit/http/agents.ts'
import { exchange } from '../../kit/http/exchange.ts'
import { questionFailure } from '../../kit/http/verdict.ts'
import { readAnswerBody } from '../soap/answers.ts'
import { projectFile } from '../soap/wsdl.ts'
import { trimEndOf } from '../../../core/util/trim.ts'

/** The services of a 中威 exchange centre and their operations, as the WSDLs beside this file describe them. */
export const OPERATIONS = {
  saveDoc: 'SendService',
  getDocStatusByDocguid: 'SendService',
  getToBeRecevicedList: 'ToBeReceivedService',
  updateDocForReceive: 'ToBeReceivedService',
  toSaveUntreadDoc: 'UntreadService',
  getUntreadToBeRecevicedList: 'UntreadService',
  updateUntreadDoc: 'UntreadService',
} as const

/** It changes nothing. */
const QUESTION = 'getDocStatusByDocguid'

export type Operation = keyof typeof OPERATIONS
type Service = (typeof OPERATIONS)[Operation]

/**
 * Calls one exchange centre. Envelopes are node-soap's, by the WSDL; the transport is ours, which knows whether a
 * request was written before it failed; so is the reading, which knows GBK and tells faults apart.
 */
export class DocxgClient {
  readonly system: SystemConfig
  readonly #url: string
  readonly #userKey: () => string
  /** also for the files that its documents name by address */
  readonly agents: CallAgents
  readonly #clients = new Map<Service, Promise<Client>>()

  /** @param userKey the first argument of every operation */
  constructor(system: SystemConfig, userKey: () => string) {
    if (system.url === undefined)
      throw new YizhanError('CONFIG_INVALID', {
        field: `systems.yaml: ${system.id}.url`,
        value: '',
        rule: 'we-call: url',
      })
    this.system = system
    this.#url = trimEndOf(system.url, '/')
    this.#userKey = userKey
    const options = { keepAlive: true, maxSockets: system.pace.concurrency + 2 }
    this.agents = new CallAgents(options, system.tls)
  }

  /**
   * Calls an operation with what follows the user key and resolves with the answer's text, usually XML.
   * Rejects as `post` and `readAnswerBody` do.
   */
  async call(operation: Operation, args: readonly (string | number)[], signal: AbortSignal): Promise<string> {
    const service = OPERATIONS[operation]
    const client = await this.#clientOf(service)
    const parameters = Object.fromEntries([this.#userKey(), ...args].map((value, n) => [`arg${n}`, value]))
    const method = client[`${operation}Async`] as (parameters: object, options: CallOptions) => Promise<unknown>
    const options: CallOptions = { operation, signal, status: undefined, answer: '' }
    try {
      await method(parameters, options)
      return options.answer
    } catch (thrown) {
      if (thrown === signal.reason) throw thrown
      const error = this.#failure(operation, thrown)
      throw operation === QUESTION ? questionFailure(error, options.status) : error
    }
  }

  /** The transport's errors are ours; what is left is an answer that is not as the WSDL says. */
  #failure(operation: Operation, thrown: unknown): YizhanError {
    if (thrown instanceof YizhanError) return thrown
    return new YizhanError(
      'SYSTEM_FAULT',
      { field: this.system.id, detail: `${operation}: ${asError(thrown).message}` },
      { cause: thrown, inDoubt: true },
    )
  }

  close(): void {
    this.agents.destroy()
  }

  #clientOf(service: Service): Promise<Client> {
    let client = this.#clients.get(service)
    if (client === undefined) {
      client = createClientAsync(projectFile('adapters', 'oa', 'docxg', `${service}.wsdl`), {
        endpoint: `${this.#url}/${service}`,
        httpClient: this.#transport(service),
        disableCache: true,
      })
      this.#clients.set(service, client)
    }
    return client
  }

  #transport(service: Service): IHttpClient {
    const url = new URL(`${this.#url}/${service}`)
    const ask = async (data: string, headers: Record<string, string>, options: CallOptions): Promise<object> => {
      const posted = await exchange({
        system: this.system.id,
        url,
        agent: this.agents.of(url),
        headers,
        chunks: [Buffer.from(data, 'utf8')],
        signal: options.signal,
      })
      options.status = posted.status
      const body = await readAnswerBody(this.system.id, posted)
      // What answers another operation is no answer to this one.
      const answer = body.local.startsWith(options.operation) ? childOf(body, 'return') : undefined
      options.answer = answer === undefined ? '' : textOf(answer)
      return { status: posted.status, headers: { 'content-type': 'text/xml' }, data: READ }
    }
    const request = (
      _: string,
      data: string,
      callback: (error: unknown, response?: object, body?: string) => void,
      headers: Record<string, string>,
      options: CallOptions,
    ): void => {
      ask(data, headers, options).then(
        (response) => callback(null, response, READ),
        (error: unknown) => callback(error),
      )
    }
    // node-soap types the return value as axios's; it does not use it.
    return { request } as unknown as IHttpClient
  }
}

/** What node-soap gets to read in place of an answer: it would read it a second time, and all at once. */
const READ = '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body/></s:Envelope>'

interface CallOptions {
  readonly operation: Operation
  readonly signal: AbortSignal
  /** of the answer, when it has come */
  status: number | undefined
  /** what it returned; '' for nothing */
  answer: string
}
