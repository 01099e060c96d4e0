import { mayBeUnclassified } from '../../secrecy/class.ts'
import { lookAtLine, mayBeSecret } from '../../secrecy/line.ts'
import { YizhanError } from '../../errors/error.ts'

/** One rule that a value breaks. */
export interface FieldProblem {
  /** the dialect's own path, such as `公文体/主体/标题` */
  readonly field: string
  /** the value, at most 200 characters; never content of files, withheld where the document may be classified */
  readonly value?: string | undefined
  /** the rule, Chinese and English */
  readonly rule: string
}

/** Problems beyond this number are not collected. */
export const mostProblems = 20

const withheld = '（可能涉密，不予记录 / withheld）'

/**
 * PROFILE_FIELD with every rule that was broken; the error's own facts are those of the first.
 * `classified` says that the document bears a security class, period or copy number: refuse it as CLASSIFIED, and no
 * value of it stands in this error.
 */
export class ProfileError extends YizhanError {
  readonly problems: readonly FieldProblem[]
  readonly classified: boolean

  constructor(dialect: string, problems: readonly FieldProblem[], classified: boolean) {
    const [first] = problems
    const more = problems.length > 1 ? `（共 ${problems.length} 处 / ${problems.length} problems）` : ''
    super('PROFILE_FIELD', {
      field: first?.field,
      value: first?.value,
      rule: `${first?.rule ?? ''}${more}`,
      detail: dialect,
    })
    this.name = 'ProfileError'
    this.problems = problems
    this.classified = classified
  }

  override toJSON(): ReturnType<YizhanError['toJSON']> & { readonly problems: readonly FieldProblem[] } {
    return { ...super.toJSON(), problems: this.problems }
  }
}

/** Collects what one reading or writing finds wrong. */
export class FieldProblems {
  readonly #found: FieldProblem[] = []
  #classified = false
  #withheld = false

  add(field: string, value: string | undefined, rule: string): void {
    if (value !== undefined && mayBeSecret(value)) this.#withheld = true
    if (value !== undefined && marked(value)) this.#classified = true
    if (this.#found.length < mostProblems) this.#found.push({ field, value: value?.slice(0, 200), rule })
  }

  /** The document bears a security class, period or copy number. */
  suspect(): void {
    this.#classified = true
  }

  get some(): boolean {
    return this.#found.length > 0
  }

  /** @throws ProfileError if anything was added */
  throwIfAny(dialect: string): void {
    if (this.#found.length === 0) return
    const problems =
      this.#classified || this.#withheld
        ? this.#found.map((problem) => ({ ...problem, value: problem.value === undefined ? undefined : withheld }))
        : this.#found
    throw new ProfileError(dialect, problems, this.#classified)
  }
}

/** Whether a title, a name or any other text bears the mark of a security class. */
export function marked(text: string): boolean {
  return lookAtLine(text)?.seen === 'mark'
}

/** Whether a 密级 is one of a state secret. */
export function isStateSecret(securityClass: string): boolean {
  return !mayBeUnclassified(securityClass)
}
