import { Agent, type AgentOptions } from 'node:http'
import { Agent as SecureAgent, type RequestOptions } from 'node:https'
import type { Duplex } from 'node:stream'
import { CallTlsFiles, type CallTls } from '../../../core/config/call-tls.ts'
import { asError } from '../../../core/errors/error.ts'

/** The connections to one system that we call, over HTTP and HTTPS; TLS as its configuration says. */
export class CallAgents {
  readonly #plain: Agent
  readonly #secure: Agent

  constructor(options: AgentOptions, tls: CallTls | undefined) {
    this.#plain = new Agent(options)
    this.#secure = new CallAgent(options, tls)
  }

  of({ protocol }: URL): Agent {
    return protocol === 'https:' ? this.#secure : this.#plain
  }

  destroy(): void {
    this.#plain.destroy()
    this.#secure.destroy()
  }
}

class CallAgent extends SecureAgent {
  readonly #files: CallTlsFiles

  constructor(options: AgentOptions, tls: CallTls | undefined) {
    // A session that is resumed would bring what was verified, and shown, once.
    super({ ...options, maxCachedSessions: 0 })
    this.#files = new CallTlsFiles(tls)
  }

  override createConnection(
    options: RequestOptions,
    callback: (error: Error | null, stream: Duplex) => void,
  ): Duplex | null | undefined {
    try {
      return super.createConnection({ ...options, ...this.#files.options(options.host ?? '') }, callback)
    } catch (error) {
      // There is no connection: the request fails, and nobody looks at the second argument.
      callback(asError(error), undefined as unknown as Duplex)
      return undefined
    }
  }
}
