/** Tells the terminal how the day goes: one line a step, Chinese first, with the seconds since the start. */
export class Progress {
  readonly #start = Date.now()
  readonly #print: (line: string) => void
  readonly #listeners: ((text: string) => void)[] = []

  constructor(print: (line: string) => void) {
    this.#print = print
  }

  get seconds(): number {
    return (Date.now() - this.#start) / 1000
  }

  onSay(listener: (text: string) => void): void {
    this.#listeners.push(listener)
  }

  say(text: string): void {
    this.#print(`[${this.seconds.toFixed(1).padStart(5)}s] ${text}`)
    for (const listener of this.#listeners) listener(text)
  }
}
