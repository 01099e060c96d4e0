import { asError, asYizhanError, YizhanError } from '../../core/errors/error.ts'

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

/** Of an error, or a reason to stop, before that step: there is nothing yet that the system could have taken. */
export function withoutDoubt(thrown: unknown): Error {
  if (!(thrown instanceof YizhanError) || !thrown.inDoubt) return asError(thrown)
  return new YizhanError(thrown.code, thrown.facts, { cause: thrown, retryable: thrown.retryable })
}
