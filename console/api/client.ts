import type { Problem } from './answers.ts'
import type { Endpoints } from './endpoints.ts'

type Method = keyof Endpoints
type Asked<E> = Omit<E, 'answer'>
type AnswerOf<E> = E extends { readonly answer: infer Answer } ? Answer : never

interface Given {
  readonly query?: Readonly<Record<string, unknown>>
  readonly body?: unknown
  readonly parts?: Readonly<Record<string, string>>
}

/** What the station refused, in both languages, with the way out; or that it cannot be reached. */
export class Refused extends Error {
  readonly problem: Problem

  constructor(problem: Problem) {
    super(problem.code)
    this.name = 'Refused'
    this.problem = problem
  }
}

let csrf = ''
let loggedOut: () => void = () => undefined

/** @param mark of the session, sent with each change */
export function useMark(mark: string): void {
  csrf = mark
}

/** Called when the station no longer knows the session. */
export function onLoggedOut(act: () => void): void {
  loggedOut = act
}

export function get<Path extends keyof Endpoints['GET']>(
  path: Path,
  asked: Asked<Endpoints['GET'][Path]>,
): Promise<AnswerOf<Endpoints['GET'][Path]>> {
  return ask('GET', path, asked) as Promise<AnswerOf<Endpoints['GET'][Path]>>
}

export function post<Path extends keyof Endpoints['POST']>(
  path: Path,
  asked: Asked<Endpoints['POST'][Path]>,
): Promise<AnswerOf<Endpoints['POST'][Path]>> {
  return ask('POST', path, asked) as Promise<AnswerOf<Endpoints['POST'][Path]>>
}

export function remove<Path extends keyof Endpoints['DELETE']>(
  path: Path,
  asked: Asked<Endpoints['DELETE'][Path]>,
): Promise<AnswerOf<Endpoints['DELETE'][Path]>> {
  return ask('DELETE', path, asked) as Promise<AnswerOf<Endpoints['DELETE'][Path]>>
}

function address(path: string, { parts = {}, query = {} }: Given): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_all, name: string) => encodeURIComponent(parts[name] ?? ''))
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(',') : value
    if (typeof text === 'string' && text !== '') search.set(name, text)
    if (typeof text === 'number' || typeof text === 'boolean') search.set(name, String(text))
  }
  return search.size === 0 ? filled : `${filled}?${search.toString()}`
}

async function ask(method: Method, path: string, given: Given): Promise<unknown> {
  const response = await reached(address(path, given), {
    method,
    headers: {
      accept: 'application/json',
      ...(method === 'GET' ? {} : { 'x-yizhan-csrf': csrf }),
      ...(given.body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(given.body === undefined ? {} : { body: JSON.stringify(given.body) }),
  })
  const said: unknown = await response.json().catch(() => undefined)
  if (response.ok) return said
  const problem = problemIn(said)
  if (response.status === 401 && path !== '/api/v1/session') loggedOut()
  throw new Refused(problem ?? NO_ANSWER)
}

const NO_ANSWER = {
  code: 'UNREACHABLE',
  zh: '站点没有应答，可能正在重启；会自动再试',
  en: 'the station does not answer: it may be restarting; it is tried again',
}

async function reached(url: string, options: RequestInit): Promise<Response> {
  try {
    return await fetch(url, options)
  } catch {
    throw new Refused(NO_ANSWER)
  }
}

/** Problem details; in the first form of this interface they stood within `error`. */
function problemIn(said: unknown): Problem | undefined {
  if (typeof said !== 'object' || said === null) return undefined
  if ('error' in said) return problemIn(said.error)
  return 'code' in said && 'zh' in said && 'en' in said ? (said as Problem) : undefined
}
