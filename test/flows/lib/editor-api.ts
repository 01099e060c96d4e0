import type { DeployType, FlowNode } from './red.ts'

/** Node-RED's admin API, as the editor uses it. */
export class EditorApi {
  readonly url: string
  readonly #password: string
  #token = ''

  constructor(url: string, password: string) {
    this.url = url
    this.#password = password
  }

  async logIn(username = 'admin', password = this.#password, scope = '*'): Promise<void> {
    const answer = await fetch(`${this.url}/auth/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ client_id: 'node-red-admin', grant_type: 'password', scope, username, password }),
    })
    if (!answer.ok) throw new Error(`log in: ${answer.status}`)
    this.#token = ((await answer.json()) as { access_token: string }).access_token
  }

  /** Deploys whole flows; resolves when the runtime has answered. */
  async deploy(flows: readonly FlowNode[], type: DeployType = 'full'): Promise<void> {
    await this.call('POST', '/flows', { flows }, { 'node-red-deployment-type': type, 'node-red-api-version': 'v2' })
  }

  async flows(): Promise<FlowNode[]> {
    return (await this.call('GET', '/flows')) as FlowNode[]
  }

  /** Presses an inject node's button. */
  async inject(node: string): Promise<void> {
    await this.call('POST', `/inject/${node}`, {})
  }

  /** The parsed answer, or its text where it is no JSON. */
  async call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<unknown> {
    if (this.#token === '') await this.logIn()
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${this.#token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`)
    return answer.headers.get('content-type')?.includes('json') === true ? (JSON.parse(text) as unknown) : text
  }
}
