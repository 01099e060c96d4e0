import { join } from 'node:path'
import { JOURNAL_FILE, type AnswerLine, type AttemptLine, type IncidentLine, type JournalLine } from '../clerk/lines.ts'
import { readJsonLog } from '../files/json-log.ts'
import { readBoxes, type Box } from './boxes.ts'

export type { Box } from './boxes.ts'

/** An attempt and what became of it. */
export interface Attempt extends AttemptLine {
  /** its place in the journal */
  readonly order: number
  readonly end: AnswerLine | undefined
  readonly retries: number
}

/** Everything that the accounts are made from. */
export interface Files {
  readonly attempts: ReadonlyMap<string, Attempt>
  readonly incidents: readonly IncidentLine[]
  readonly boxes: readonly Box[]
}

/** Reads the inboxes' folder and the attempts journal in it. */
export function readFiles(folder: string): Files {
  const lines = readJsonLog<JournalLine>(join(folder, JOURNAL_FILE))
  return { ...sortLines(lines), boxes: readBoxes(folder) }
}

/** Attempts with their ends, and incidents, in the journal's order. */
export function sortLines(lines: readonly JournalLine[]): Pick<Files, 'attempts' | 'incidents'> {
  const attempts = new Map<string, Attempt>()
  const incidents: IncidentLine[] = []
  const known = (id: string): Attempt => {
    const attempt = attempts.get(id)
    if (attempt === undefined) throw new Error(`the journal answers an attempt that it does not have: ${id}`)
    return attempt
  }
  for (const line of lines) {
    switch (line.t) {
      case 'attempt':
        if (attempts.has(line.id)) throw new Error(`attempted twice under one id: ${line.id}`)
        attempts.set(line.id, { ...line, order: attempts.size, end: undefined, retries: 0 })
        break
      case 'acknowledged':
      case 'refused':
      case 'gave-up':
        attempts.set(line.id, { ...known(line.id), end: line })
        break
      case 'retry':
        attempts.set(line.id, { ...known(line.id), retries: known(line.id).retries + 1 })
        incidents.push(line)
        break
      default:
        incidents.push(line)
    }
  }
  return { attempts, incidents }
}
