import { asYizhanError, YizhanError } from '../../core/errors/error.ts'

/**
 * The step by which a system gets something: one that answered no has not done it; where it did not answer, it may have
 * it by now.
 */
export async function inDoubtUnlessRefused(step: () => Promise<void>): Promise<void> {
  try {
    await step()
  } catch (thrown) {
    const error = asYizhanError(thrown)
    if (error.code === 'SYSTEM_FAULT') throw error
    throw new YizhanError(error.code, error.facts, { cause: error, inDoubt: true, retryable: true })
  }
}

/** Of an error before that step: there is nothing yet that the system could have taken. */
export function withoutDoubt(thrown: unknown): YizhanError {
  const error = asYizhanError(thrown)
  return error.inDoubt ? new YizhanError(error.code, error.facts, { cause: error, retryable: true }) : error
}
