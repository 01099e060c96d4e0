import { asError, YizhanError } from '../errors/error.ts'

/** One thing wrong with the configuration. */
export interface ConfigProblem {
  /** file, line and key, such as `systems.yaml:12 systems[0].url` */
  readonly field: string
  /** the value found, shortened; never a secret */
  readonly value?: string | undefined
  /** the rule it breaks, Chinese and English */
  readonly rule: string
}

/** One thing wrong with a system, by its place in it. */
export interface SystemFault {
  /** below the system, such as `['settings', 'caFile']` */
  readonly path: readonly PropertyKey[]
  readonly value?: unknown
  /** Chinese and English */
  readonly rule: string
}

/** CONFIG_INVALID with everything that is wrong: the error's own facts are those of the first problem. */
export class ConfigError extends YizhanError {
  readonly problems: readonly ConfigProblem[]

  constructor(problems: readonly ConfigProblem[], cause?: unknown) {
    super('CONFIG_INVALID', problems[0] ?? {}, cause === undefined ? {} : { cause })
    this.name = 'ConfigError'
    this.problems = problems
    if (problems.length > 1)
      this.message = ['CONFIG_INVALID', ...problems.map((problem) => `  ${problemLine(problem)}`)].join('\n')
  }

  override toJSON(): ReturnType<YizhanError['toJSON']> & { readonly problems: readonly ConfigProblem[] } {
    return { ...super.toJSON(), problems: this.problems }
  }
}

/** Nobody reads more at once: where a column is wrong, each line of a table is. */
const MOST_TOLD = 500

/** Gathers problems, so that all of them are reported at once: the first five hundred, and how many more there are. */
export class Problems {
  readonly #found: ConfigProblem[] = []
  readonly #known = new Set<string>()

  add(field: string, value: unknown, rule: string): void {
    // A code table that several profiles share is wrong once.
    const key = `${field}\n${rule}`
    if (this.#known.has(key)) return
    this.#known.add(key)
    if (this.#found.length < MOST_TOLD) this.#found.push({ field, value: shown(value), rule })
  }

  get count(): number {
    return this.#known.size
  }

  /** @throws ConfigError if anything was added */
  throwIfAny(): void {
    const more = this.count - this.#found.length
    const rest = { field: '…', rule: `另有 ${more} 处错误 / ${more} more problems` }
    if (this.count > 0) throw new ConfigError(more > 0 ? [...this.#found, rest] : this.#found)
  }
}

/**
 * Runs them side by side. Rejects with one ConfigError that has everything wrong with any of them; another error goes
 * before.
 */
export async function allOf<One, Two, Three = undefined>(
  one: Promise<One>,
  two: Promise<Two>,
  three?: Promise<Three>,
): Promise<[One, Two, Three]> {
  const settled = await Promise.allSettled([one, two, three])
  const errors = settled.flatMap((part) => (part.status === 'rejected' ? [asError(part.reason)] : []))
  const faults: YizhanError[] = []
  for (const error of errors) {
    if (!(error instanceof YizhanError) || error.code !== 'CONFIG_INVALID') throw error
    faults.push(error)
  }
  const found = faults.flatMap(problemsOf)
  if (found.length > 0) throw new ConfigError(found)
  return Promise.all([one, two, three as Promise<Three>])
}

function problemsOf(error: YizhanError): readonly ConfigProblem[] {
  if (error instanceof ConfigError) return error.problems
  const { field = '', value, rule = '' } = error.facts
  return [{ field, value, rule }]
}

/** One problem as a line of text. */
export function problemLine(problem: ConfigProblem): string {
  return `${problem.field}${problem.value === undefined ? '' : ` = “${problem.value}”`}: ${problem.rule}`
}

function shown(value: unknown): string | undefined {
  if (value === undefined) return undefined
  const text = typeof value === 'string' ? value : JSON.stringify(value)
  return text.length > 120 ? `${text.slice(0, 120)}…` : text
}
