import { Agent } from 'node:http'
import { BasicAuthSecurity, Client, createClientAsync, WSSecurity, type IOptions, type WSDL } from 'soap'
import { errorFrom, isLost } from '../errors.ts'
import { Refused, TryAgain } from '../port.ts'
import { objectAt, textAt, type SoapObject, type SoapValue } from './values.ts'

/** How long one call may take, in milliseconds. */
const TIMEOUT = 30_000

export interface Login {
  readonly name: string
  readonly password: string
  /** HTTP Basic, or a WS-Security UsernameToken with a digest: OAs of different vendors do either */
  readonly how: 'basic' | 'token'
}

type Method = (args: object, options: object) => Promise<readonly [SoapObject | null, ...unknown[]]>

/** The WSDL is fetched from the station and read once for all clients. */
const descriptions = new Map<string, Promise<WSDL>>()
const agent = new Agent({ keepAlive: true, maxSockets: 48 })

/** One unit's SOAP client, made by node-soap from the station's WSDL. */
export class SoapClient {
  readonly #url: () => string
  readonly #login: Login
  #client: Client | undefined

  /** @param url the service's address, without query */
  constructor(url: () => string, login: Login) {
    this.#url = url
    this.#login = login
  }

  /** Calls an operation. Rejects with Refused or TryAgain. */
  async call(operation: string, args: object): Promise<SoapObject> {
    try {
      const client = await this.#open()
      const method = client[`${operation}Async`] as Method | undefined
      if (method === undefined) throw new Error(`the WSDL has no operation ${operation}`)
      const [answer] = await method(args, {
        timeout: TIMEOUT,
        httpAgent: agent,
        proxy: false,
        maxBodyLength: Infinity,
        maxContentLength: Infinity,
      })
      return answer ?? {}
    } catch (error) {
      throw understood(error)
    }
  }

  async #open(): Promise<Client> {
    if (this.#client !== undefined) return this.#client
    const url = this.#url()
    const client = new Client(await describe(url), url, OPTIONS)
    client.setEndpoint(url)
    const { name, password, how } = this.#login
    client.setSecurity(
      how === 'basic'
        ? new BasicAuthSecurity(name, password)
        : new WSSecurity(name, password, { passwordType: 'PasswordDigest', hasNonce: true, hasTimeStamp: false }),
    )
    this.#client = client
    return client
  }
}

const OPTIONS: IOptions = {}

function describe(url: string): Promise<WSDL> {
  const known = descriptions.get(url)
  if (known !== undefined) return known
  const opened = createClientAsync(`${url}?wsdl`, {
    ...OPTIONS,
    disableCache: true,
    wsdl_options: { proxy: false, timeout: TIMEOUT },
  }).then((client) => client.wsdl)
  descriptions.set(url, opened)
  // A station that is just being started again is asked once more the next time.
  opened.catch(() => descriptions.delete(url))
  return opened
}

/** What went wrong, in the terms of a clerk's program. */
function understood(error: unknown): Error {
  if (error instanceof Refused || error instanceof TryAgain) return error
  const fault = objectAt(objectAt(objectAt((error as { root?: SoapValue }).root, 'Envelope'), 'Body'), 'Fault')
  const detail = objectAt(objectAt(fault, fault['detail'] === undefined ? 'Detail' : 'detail'), 'refusal')
  const code = textAt(detail, 'code')
  if (code !== undefined) {
    return errorFrom({
      code,
      zh: textAt(detail, 'zh') ?? '',
      en: textAt(detail, 'en') ?? '',
      field: textAt(detail, 'field'),
      value: textAt(detail, 'value'),
      rule: textAt(detail, 'rule'),
      retryable: textAt(detail, 'retryable') === 'true',
    })
  }
  if (isLost(error)) return new TryAgain((error as Error).message, error)
  return error instanceof Error ? error : new Error(String(error))
}
