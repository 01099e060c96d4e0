import { z } from 'zod'
import { readWhole, writeWhole } from '../kit/files/durable.ts'
import type { EntryChange } from './diff.ts'

/**
 * What units of the directory were called before, by the directory's key: letters go on using the old name for a while.
 */
export interface FormerNames {
  of(unit: string): readonly string[]
  /** Durable when resolved. */
  remember(changes: readonly EntryChange[]): Promise<void>
}

const FILE = 'former-names.json'
const MOST = 8
const schema = z.record(z.string(), z.array(z.string()))

/** @throws ZodError or SyntaxError for a file that somebody else has changed */
export async function openFormerNames(folder: string): Promise<FormerNames> {
  const bytes = await readWhole(folder, FILE)
  const names = new Map(Object.entries(bytes === undefined ? {} : schema.parse(JSON.parse(bytes.toString('utf8')))))
  return {
    of: (unit) => names.get(unit) ?? [],
    async remember(changes) {
      const renamed = changes.flatMap((change) =>
        change.of === 'unit' && change.kind === 'renamed' && change.before !== undefined ? [change.before] : [],
      )
      const news = renamed.filter(({ id, name }) => names.get(id)?.at(-1) !== name)
      if (news.length === 0) return
      for (const { id, name } of news)
        names.set(id, [...(names.get(id) ?? []).filter((known) => known !== name), name].slice(-MOST))
      await writeWhole(folder, FILE, Buffer.from(JSON.stringify(Object.fromEntries(names))))
    },
  }
}
