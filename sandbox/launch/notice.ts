/** What a notice is about; what is bad about it stays on the page until it is taken back. */
type About =
  'config' | 'flows' | 'editor' | 'secrets' | 'missing' | 'restart' | 'data' | 'feed' | 'watermark' | 'clock' | 'once'

/** A line of the station's log that a person at the demo must see: something that they did was not taken, or is now. */
export interface Notice {
  readonly code: string
  /** what it means, Chinese and English, and the detail */
  readonly text: string
  readonly bad: boolean
  /** `once`: told, and nothing takes it back */
  readonly about: About
}

const bad = (about: About): Pick<Notice, 'bad' | 'about'> => ({ bad: true, about })
const good = (about: About): Pick<Notice, 'bad' | 'about'> => ({ bad: false, about })

const SHOWN: Readonly<Record<string, Pick<Notice, 'bad' | 'about'>>> = {
  'config.rejected': bad('config'),
  'config.reloaded': good('config'),
  'flows.held-back': bad('flows'),
  'flows.refused': bad('flows'),
  'flows.deployed': good('flows'),
  'flows.stuck': bad('once'),
  'flows.large': bad('once'),
  'editor.blocked': bad('editor'),
  'editor.opened': good('editor'),
  'secrets.rejected': bad('secrets'),
  'secrets.reloaded': good('secrets'),
  'secrets.missing': bad('missing'),
  'secrets.found': good('missing'),
  'secrets.restart': bad('restart'),
  'secrets.old-ended': bad('once'),
  'data.narrowed': bad('once'),
  'data.open': bad('data'),
  'feed.held': bad('feed'),
  'feed.resumed': good('feed'),
  'station.over-watermark': bad('watermark'),
  'station.below-watermark': good('watermark'),
  'clock.held': bad('clock'),
  'clock.accepted': good('clock'),
  'clock.back': good('clock'),
  'account.guessing': bad('once'),
  'content.damaged': bad('once'),
  'ledger.unwitnessed': bad('once'),
}

export function noticeIn(line: string): Notice | undefined {
  if (!line.startsWith('{') || !line.includes('"code"')) return undefined
  let entry: Readonly<Record<'code' | 'text' | 'source' | 'actor' | 'detail', unknown>>
  try {
    entry = JSON.parse(line) as typeof entry
  } catch {
    // A line that a kill has cut.
    return undefined
  }
  const { code, text, source, actor, detail } = entry
  const shown = typeof code === 'string' ? SHOWN[code] : undefined
  if (shown === undefined) return undefined
  const who =
    code === 'account.guessing' ? [source, actor].filter((part) => typeof part === 'string').join(' ') : undefined
  const parts = [text, who, detail].filter((part) => typeof part === 'string' && part !== '')
  return { code: String(code), text: parts.join('：'), ...shown }
}

/** What is wrong now, by what it is about. */
export class Wrong {
  readonly #texts = new Map<About, string>()

  take({ about, bad: isBad, text }: Notice): void {
    if (about === 'once') return
    if (isBad) this.#texts.set(about, text)
    else this.#texts.delete(about)
  }

  /** A station that starts says anew what is wrong. */
  clear(): void {
    this.#texts.clear()
  }

  get texts(): readonly string[] {
    return [...this.#texts.values()]
  }
}
