import { asError, asYizhanError } from '../../../core/errors/error.ts'
import type { RemoteFiles } from './port.ts'

interface Held {
  readonly files: Promise<RemoteFiles>
  readonly ending: AbortController
  opened?: RemoteFiles
}

/** After any of these nothing more can be asked over the connection. */
const LOST: ReadonlySet<string> = new Set(['SYSTEM_UNREACHABLE', 'SYSTEM_TIMEOUT'])

/** One connection for call after call: opened when it is needed, closed when nobody has used it for a while. */
export class KeptConnection {
  readonly #open: (signal: AbortSignal) => Promise<RemoteFiles>
  readonly #idleMs: number
  #held: Held | undefined
  #users = 0
  #timer: NodeJS.Timeout | undefined

  /** @param open the signal ends the connection, then and later */
  constructor(open: (signal: AbortSignal) => Promise<RemoteFiles>, idleMs: number) {
    this.#open = open
    this.#idleMs = idleMs
  }

  /** Whoever aborts ends the connection for all who use it: one that hangs does so for everybody. */
  async use<T>(signal: AbortSignal, work: (files: RemoteFiles) => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    clearTimeout(this.#timer)
    this.#users++
    const held = this.#current()
    const abort = (): void => this.#drop(held, asError(signal.reason))
    signal.addEventListener('abort', abort, { once: true })
    if (signal.aborted) abort()
    try {
      const files = await held.files.catch((thrown: unknown) => {
        this.#forget(held)
        throw thrown
      })
      return await work(files)
    } catch (thrown) {
      if (LOST.has(asYizhanError(thrown).code)) this.#forget(held)
      throw thrown
    } finally {
      signal.removeEventListener('abort', abort)
      this.#users--
      if (this.#users === 0) this.#rest()
    }
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    const held = this.#held
    this.#held = undefined
    if (held !== undefined) await closed(held)
  }

  #current(): Held {
    if (this.#held !== undefined && this.#held.opened?.isOpen !== false) return this.#held
    const ending = new AbortController()
    const held: Held = { files: this.#open(ending.signal), ending }
    held.files.then(
      (files) => (held.opened = files),
      // Each of its users is told.
      () => undefined,
    )
    return (this.#held = held)
  }

  #forget(held: Held): void {
    if (this.#held === held) this.#held = undefined
  }

  #drop(held: Held, reason: Error): void {
    this.#forget(held)
    held.ending.abort(reason)
  }

  #rest(): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.close(), this.#idleMs)
    this.#timer.unref()
  }
}

async function closed({ files }: Held): Promise<void> {
  await files.then(
    (open) => open.close(),
    // It never was.
    () => undefined,
  )
}
