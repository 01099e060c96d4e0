import { problemLine, type ConfigProblem } from '../../core/config/problems.ts'
import { CATALOGUE } from '../../core/errors/catalogue.ts'
import { asYizhanError } from '../../core/errors/error.ts'

/** What the command line shows of an error, whether the station answered it or it was found here. */
export interface ShownError {
  readonly code: string
  readonly zh: string
  readonly en: string
  readonly remedy?: { readonly zh: string; readonly en: string } | undefined
  /** everything that is or would be wrong with a configuration */
  readonly problems?: readonly ConfigProblem[] | undefined
  readonly [fact: string]: unknown
}

/** The station's own word: what is wrong, and the way out. */
export class CommandRefusal extends Error {
  readonly shown: ShownError
  readonly status: number

  constructor(shown: ShownError, status: number) {
    super(shown.code)
    this.shown = shown
    this.status = status
  }

  /** The station was asked and says no; else it could not be asked, or could not answer. */
  get isNo(): boolean {
    return this.status < 500 && this.status !== 429
  }
}

export function shownOf(thrown: unknown): ShownError {
  if (thrown instanceof CommandRefusal) return thrown.shown
  const error = asYizhanError(thrown)
  return { ...error.toJSON(), remedy: CATALOGUE[error.code].remedy }
}

export function shownText({ code, zh, en, problems = [], remedy }: ShownError): string {
  return [
    `${code} ${zh} / ${en}`,
    ...problems.map((problem) => `  ${problemLine(problem)}`),
    ...(remedy === undefined ? [] : [`→ ${remedy.zh} / ${remedy.en}`]),
  ].join('\n')
}

/** Of an answer of the station's: problem details, or what `/admin` says; undefined: neither. */
export function errorIn(answer: object): ShownError | undefined {
  const said: unknown = 'error' in answer ? answer.error : answer
  if (typeof said !== 'object' || said === null) return undefined
  return 'code' in said && 'zh' in said && 'en' in said ? (said as ShownError) : undefined
}
