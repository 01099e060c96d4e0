import { YizhanError } from './error.ts'

/** A system or unit: known to us by its id, to people by its name. */
export interface Named {
  readonly id: string
  readonly name: string
}

/** For operators, who may have to look it up: 市财政局OA（oa-caizheng）. Everybody else reads the name alone. */
export function nameAndId({ id, name }: Named): string {
  return name === id ? id : `${name}（${id}）`
}

/** The same error; where its field is the id of that system or unit, it reads `as` instead. */
export function naming(error: YizhanError, { id }: Pick<Named, 'id'>, as: string): YizhanError {
  if (error.facts.field !== id) return error
  const { inDoubt, retryable, retryAfterMs, cause } = error
  return new YizhanError(
    error.code,
    { ...error.facts, field: as },
    { inDoubt, retryable, retryAfterMs, ...(cause === undefined ? {} : { cause }) },
  )
}
