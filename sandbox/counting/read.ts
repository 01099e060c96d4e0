import { readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { JOURNAL_FILE, type AnswerLine, type AttemptLine, type IncidentLine, type JournalLine } from '../clerk/lines.ts'
import { readJsonLog } from '../files/json-log.ts'
import { readBox, type RepeatLine } from '../oa/inboxes.ts'
import type { Kept } from '../oa/item.ts'

/** An attempt and what became of it. */
export interface Attempt extends AttemptLine {
  /** its place in the journal */
  readonly order: number
  readonly end: AnswerLine | undefined
  readonly retries: number
}

/** What lies in one unit's folder. */
export interface Box {
  readonly system: string
  readonly unit: string
  readonly items: readonly Kept[]
  readonly repeats: readonly RepeatLine[]
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
      case 'acknowledged': case 'refused': case 'gave-up':
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

function readBoxes(folder: string): Box[] {
  const folders = (path: string): string[] => readdirSync(path).filter((name) => statSync(join(path, name)).isDirectory()).sort()
  return folders(folder).flatMap((system) => folders(join(folder, system)).map((unit) => {
    const path = join(folder, system, unit)
    return { system, unit, items: readBox(path), repeats: readJsonLog<RepeatLine>(join(path, 'repeats.jsonl')) }
  }))
}
