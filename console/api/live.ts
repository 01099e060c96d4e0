import type { LiveEvents } from './answers.ts'

type Name = keyof LiveEvents
type DataOf<N extends Name> = LiveEvents[N]
type Listeners = { [N in Name]: Set<(data: DataOf<N>) => void> }

const NAMES = ['systems', 'attention', 'map', 'changed', 'task', 'reset'] as const satisfies readonly Name[]

/** The station's stream of changes: one connection for all pages, which the browser itself takes up again. */
export class Live {
  readonly #listeners: Listeners = {
    systems: new Set(),
    attention: new Set(),
    map: new Set(),
    changed: new Set(),
    task: new Set(),
    reset: new Set(),
  }
  readonly #told: (connected: boolean) => void
  #source: EventSource | undefined

  /** @param told whether the stream is there */
  constructor(told: (connected: boolean) => void) {
    this.#told = told
  }

  open(): void {
    if (this.#source !== undefined) return
    const source = new EventSource('/api/v1/live')
    this.#source = source
    source.addEventListener('open', () => this.#told(true))
    source.addEventListener('error', () => this.#told(false))
    for (const name of NAMES) source.addEventListener(name, ({ data }: MessageEvent<string>) => this.#hear(name, data))
  }

  close(): void {
    this.#source?.close()
    this.#source = undefined
  }

  /** @returns ends it */
  on<N extends Name>(name: N, listener: (data: DataOf<N>) => void): () => void {
    const set: Set<(data: DataOf<N>) => void> = this.#listeners[name]
    set.add(listener)
    return () => set.delete(listener)
  }

  #hear(name: Name, text: string): void {
    const listeners: ReadonlySet<(data: never) => void> = this.#listeners[name]
    for (const listener of listeners) listener(JSON.parse(text) as never)
  }
}
