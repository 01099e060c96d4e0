import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { YizhanError } from '../../core/errors/error.ts'
import { systemClock } from '../../core/util/clock.ts'
import { trimEndOf } from '../../core/util/trim.ts'
import { callStation } from './exchange.ts'
import { findAddress, findStation, type Place, type PlaceOptions } from './place.ts'
import { CommandRefusal, errorIn, type ShownError } from './refusal.ts'
import { keepSession, sessionOf } from './session-file.ts'
import { visible } from './text.ts'

/** Exit codes: done; the answer is no; the station could not be asked. */
export const EXIT = { done: 0, no: 1, failed: 2 } as const

/** What the commands need of the command line: questions to the station, and how answers are shown. */
export interface CliTools {
  readonly ask: <T>(
    method: 'GET' | 'POST' | 'DELETE',
    path: string,
    body?: object,
    options?: { readonly patient?: boolean },
  ) => Promise<T>
  /** one answer a command: as JSON under `--json`, else these lines */
  readonly print: (value: unknown, text: () => readonly string[]) => void
  /** what was asked is not so, or part of it could not be done: exit code 1 */
  readonly no: () => void
}

/** The tools of a program whose options are read when a command runs. */
export function toolsOf(program: Command): CliTools {
  const options = (): PlaceOptions & { readonly json?: boolean } => program.opts()
  return {
    async ask<T>(
      method: 'GET' | 'POST' | 'DELETE',
      path: string,
      body?: object,
      { patient = false }: { readonly patient?: boolean } = {},
    ): Promise<T> {
      const { url, certificate, headers, tokenFrom, kept } = credentials(options())
      const target = new URL(`${trimEndOf(url.href, '/')}${path.startsWith('/api/') ? path : `/admin${path}`}`)
      const { status, text } = await callStation(target, { method, headers, body, patient, certificate })
      const answer = objectIn(text)
      if (answer !== undefined && status < 300) return answer as T
      const error = answer === undefined ? undefined : errorIn(answer)
      if (error === undefined) throw new YizhanError('STATION_FOREIGN', { field: url.href, detail: `HTTP ${status}` })
      if (status === 401) throw refusal(error, status, { kept, tokenFrom, origin: url.origin })
      throw new CommandRefusal(error, status)
    },
    print(value, text) {
      const shown =
        options().json === true
          ? JSON.stringify(value, undefined, 2)
          : text()
              .map((line) => visible(line))
              .join('\n')
      process.stdout.write(`${shown}\n`)
    },
    no() {
      process.exitCode = EXIT.no
    },
  }
}

function objectIn(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

interface Credentials extends Pick<Place, 'url' | 'certificate' | 'tokenFrom'> {
  readonly headers: Readonly<Record<string, string>>
  /** how it is known who asks: by a login of his own, as the user that he is here, or by the shared token */
  readonly kept: 'session' | 'user' | 'shared'
}

/** A person's own session first; then whoever may read the station's folder; then the shared token. */
function credentials(options: PlaceOptions): Credentials {
  const user = encodeURIComponent(actor())
  if (options.breakGlass === undefined) {
    const at = findAddress(options)
    const session = sessionOf(at.url.origin, systemClock.now())
    if (session !== undefined)
      return {
        ...at,
        tokenFrom: session.person,
        headers: { authorization: `Bearer ${session.token}` },
        kept: 'session',
      }
  }
  const { scheme, token, ...place } = findStation(options)
  const reason = options.breakGlass === undefined ? {} : { 'x-yizhan-reason': encodeURIComponent(options.breakGlass) }
  return {
    ...place,
    headers: {
      authorization: `${scheme} ${token}`,
      ...(scheme === 'Bearer' ? {} : { 'x-yizhan-user': user }),
      ...reason,
    },
    kept: scheme === 'Local' ? 'user' : 'shared',
  }
}

/** Nobody was recognised: what is to be done about it depends on what was shown. */
function refusal(
  error: ShownError,
  status: number,
  { kept, tokenFrom, origin }: Pick<Credentials, 'kept' | 'tokenFrom'> & { readonly origin: string },
): Error {
  if (error.code !== 'UNAUTHENTICATED') return new CommandRefusal(error, status)
  if (kept === 'shared') return new YizhanError('ADMIN_TOKEN_REFUSED', { field: tokenFrom, value: origin })
  if (kept === 'session') keepSession(origin, undefined)
  return new YizhanError('LOGIN_WANTED', { field: origin, value: kept === 'user' ? actor() : tokenFrom })
}

/** As a query string, without what was not given. */
export function query(values: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

/** Who reads, and whether the whole; for the audit chain. */
export function reading(whole: boolean | undefined): Readonly<Record<'actor' | 'whole', string | undefined>> {
  return { actor: actor(), whole: whole === true ? 'true' : undefined }
}

/** Who gives the command, also through sudo, for the audit chain; a container's user may have no name. */
export function actor(): string {
  const { SUDO_USER: before } = process.env
  if (before !== undefined && before !== '') return before
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`
  }
}
