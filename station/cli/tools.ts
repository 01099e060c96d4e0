import { userInfo } from 'node:os'
import type { Command } from 'commander'
import { YizhanError } from '../../core/errors/error.ts'
import { trimEndOf } from '../../core/util/trim.ts'
import { callStation } from './exchange.ts'
import { findStation, type PlaceOptions } from './place.ts'
import { CommandRefusal, type ShownError } from './refusal.ts'
import { visible } from './text.ts'

/** Exit codes: done; the answer is no; the station could not be asked. */
export const EXIT = { done: 0, no: 1, failed: 2 } as const

/** What the commands need of the command line: questions to the station, and how answers are shown. */
export interface CliTools {
  readonly ask: <T>(
    method: 'GET' | 'POST',
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
      method: 'GET' | 'POST',
      path: string,
      body?: object,
      { patient = false }: { readonly patient?: boolean } = {},
    ): Promise<T> {
      const { url, certificate, token, tokenFrom } = findStation(options())
      const target = new URL(`${trimEndOf(url.href, '/')}/admin${path}`)
      const { status, text } = await callStation(target, { method, token, body, patient, certificate })
      const answer = objectIn(text)
      if (answer === undefined || (status >= 300 && answer.error === undefined))
        throw new YizhanError('STATION_FOREIGN', { field: url.href, detail: `HTTP ${status}` })
      if (status < 300) return answer as T
      if (status === 401) throw new YizhanError('ADMIN_TOKEN_REFUSED', { field: tokenFrom, value: url.origin })
      throw new CommandRefusal(answer.error as ShownError, status)
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

function objectIn(text: string): { readonly error?: unknown } | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
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

/** Who gives the command, for the audit chain; a container's user may have no name. */
export function actor(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? '?'}`
  }
}
