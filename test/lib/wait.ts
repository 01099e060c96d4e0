import { setTimeout as sleep } from 'node:timers/promises'

export interface UntilOptions {
  /** What is waited for; it ends the sentence "timed out waiting for …". */
  what: string
  /** Milliseconds until it fails; 20,000 unless told. */
  timeoutMs?: number
  /** Milliseconds from one look to the next; 25 unless told. */
  everyMs?: number
}

type Falsy = false | 0 | '' | null | undefined

/**
 * Looks at a condition until it holds, and returns what it gave.
 * A condition that throws does not hold yet; its last error is the cause of the time-out's.
 */
export async function until<T>(condition: () => T | Promise<T>, options: UntilOptions): Promise<Exclude<T, Falsy>> {
  const { what, timeoutMs = 20_000, everyMs = 25 } = options
  const started = performance.now()
  for (let looks = 1; ; looks++) {
    const seen = await look(condition)
    if (seen.value) return seen.value as Exclude<T, Falsy>
    const waited = performance.now() - started
    if (waited >= timeoutMs) {
      const last = seen.error === undefined ? String(seen.value) : `an error: ${message(seen.error)}`
      throw new Error(
        `timed out waiting for ${what}: ${Math.round(waited)} ms, looked ${looks} times, saw last ${last}`,
        { cause: seen.error },
      )
    }
    await sleep(Math.min(everyMs, timeoutMs - waited))
  }
}

async function look<T>(condition: () => T | Promise<T>): Promise<{ value?: T; error?: unknown }> {
  try {
    return { value: await condition() }
  } catch (error) {
    return { error }
  }
}

function message(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
