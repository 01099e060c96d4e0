/** A line of the station's log that a person at the demo must see: something that they did was not taken, or is now. */
export interface Notice {
  readonly code: string
  /** what it means, Chinese and English, and the detail */
  readonly text: string
  /** it stays true until another notice of the same `about` takes it back */
  readonly bad: boolean
  readonly about: 'config' | 'flows'
}

const SHOWN: Readonly<Record<string, Pick<Notice, 'bad' | 'about'>>> = {
  'config.rejected': { bad: true, about: 'config' },
  'config.reloaded': { bad: false, about: 'config' },
  'flows.held-back': { bad: true, about: 'flows' },
  'flows.refused': { bad: true, about: 'flows' },
  'flows.deployed': { bad: false, about: 'flows' },
  'editor.blocked': { bad: true, about: 'flows' },
}

export function noticeIn(line: string): Notice | undefined {
  if (!line.startsWith('{') || !line.includes('"code"')) return undefined
  let entry: { readonly code?: unknown; readonly text?: unknown; readonly detail?: unknown }
  try {
    entry = JSON.parse(line) as typeof entry
  } catch {
    // A line that a kill has cut.
    return undefined
  }
  const { code, text, detail } = entry
  const shown = typeof code === 'string' ? SHOWN[code] : undefined
  if (shown === undefined) return undefined
  return { code: String(code), text: [text, detail].filter((part) => typeof part === 'string').join('：'), ...shown }
}
