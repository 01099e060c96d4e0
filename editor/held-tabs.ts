import type { EventEmitter } from 'node:events'
import { faultText } from './faults.ts'
import type { BrokenFile } from '../core/hop/link.ts'
import type { Held } from './hold.ts'

/** Under this id the editor shows its one notification about what is held back. */
const NOTIFICATION = 'yizhan-held-back'

/** What of the flows cannot run: told to the station and shown in the editor whenever that changes. */
export class HeldTabs {
  readonly #events: EventEmitter
  readonly #tell: (lines: readonly string[]) => void
  #held: Held = { faults: [], tabs: new Map(), ids: new Set() }
  #broken: readonly BrokenFile[] = []
  #told = '[]'

  /** @param tell what is held back, a line a tab or file */
  constructor(red: { readonly events: EventEmitter }, tell: (lines: readonly string[]) => void) {
    this.#events = red.events
    this.#tell = tell
  }

  get held(): Held {
    return this.#held
  }

  /** Files were read. */
  read(broken: readonly BrokenFile[]): void {
    this.#broken = broken
  }

  /** Node-RED has taken flows. */
  parsed(held: Held): void {
    this.#held = held
    const lines = [
      ...this.#broken.map(({ name, reason }) => `文件 file flows/${name}: ${reason}`),
      ...[...held.tabs].map(([tab, faults]) => faults.map((fault) => faultText(fault, tab)).join('; ')),
    ]
    const said = JSON.stringify(lines)
    if (said === this.#told) return
    this.#told = said
    this.#tell(lines)
    // Nothing to show takes the notification away.
    const payload = {
      type: 'warning',
      text: `<p>以下流程暂不运行，其余照常；改正后重新发布 / Held back until mended, the others run:</p><ul>${lines.map((line) => `<li>${escaped(line)}</li>`).join('')}</ul>`,
    }
    this.#events.emit('runtime-event', { id: NOTIFICATION, retain: true, ...(lines.length > 0 ? { payload } : {}) })
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (char) => `&#${char.charCodeAt(0)};`)
}
