import { CATALOGUE, type ErrorCode } from './catalogue.ts'

/** What was wrong, precisely enough to mend it. */
export interface ErrorFacts {
  /** the field, as the sender knows it (an XML path, a column, a key) */
  readonly field?: string | undefined
  /** the offending value, cut to 200 characters; never a secret, never classified text */
  readonly value?: string | undefined
  /** the rule it broke, such as a limit or an allowed set */
  readonly rule?: string | undefined
  /** free detail for the message templates */
  readonly detail?: string | undefined
}

/**
 * The one error of the house. Its code is from the catalogue, which gives the texts in Chinese and English,
 * the HTTP status and whether trying again later can help.
 */
export class YizhanError extends Error {
  readonly code: ErrorCode
  readonly facts: ErrorFacts
  readonly retryable: boolean
  /** the request may have been carried out although no answer came: ask before sending again */
  readonly inDoubt: boolean
  /** the other side asked to be left alone for so long (Retry-After), milliseconds, unbounded */
  readonly retryAfterMs: number | undefined

  constructor(
    code: ErrorCode,
    facts: ErrorFacts = {},
    options: { cause?: unknown; inDoubt?: boolean; retryable?: boolean; retryAfterMs?: number | undefined } = {},
  ) {
    super(
      `${code} ${fill(CATALOGUE[code].zh, facts)} / ${fill(CATALOGUE[code].en, facts)}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.name = 'YizhanError'
    this.code = code
    this.facts = { ...facts, ...(facts.value === undefined ? {} : { value: facts.value.slice(0, 200) }) }
    this.retryable = options.retryable ?? CATALOGUE[code].retryable ?? false
    this.inDoubt = options.inDoubt ?? false
    this.retryAfterMs = options.retryAfterMs
  }

  get zh(): string {
    return fill(CATALOGUE[this.code].zh, this.facts)
  }

  get en(): string {
    return fill(CATALOGUE[this.code].en, this.facts)
  }

  /** HTTP status for this error. */
  get status(): number {
    return CATALOGUE[this.code].status ?? 400
  }

  toJSON(): { code: string; zh: string; en: string; retryable: boolean } & ErrorFacts {
    return { code: this.code, zh: this.zh, en: this.en, retryable: this.retryable, ...this.facts }
  }
}

function fill(template: string, facts: ErrorFacts): string {
  return template.replace(
    /\{(field|value|rule|detail)\}/g,
    (_, key: keyof ErrorFacts) => facts[key]?.slice(0, 200) ?? '—',
  )
}

/** Any thrown value as an Error. */
export function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/**
 * Any thrown value as our error: a full disk is OVERLOADED, anything else that is not ours INTERNAL with the original
 * as cause.
 */
export function asYizhanError(thrown: unknown): YizhanError {
  if (thrown instanceof YizhanError) return thrown
  if (isDiskFull(thrown))
    return new YizhanError('OVERLOADED', { rule: '磁盘已满 / the disk is full' }, { cause: thrown })
  return new YizhanError('INTERNAL', { detail: asError(thrown).message }, { cause: thrown })
}

/** What says so: the kernel (ENOSPC, a quota: EDQUOT) or SQLite, which finds it out when it grows a file. */
const DISK_FULL: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL', 'SQLITE_IOERR_SHMSIZE'])

export function isDiskFull(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && DISK_FULL.has(thrown.code)
}
