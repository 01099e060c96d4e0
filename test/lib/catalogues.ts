import { globSync } from 'node:fs'
import { join } from 'node:path'
import { addErrors } from '../../core/errors/catalogue.ts'
import type { ErrorEntry } from '../../core/errors/entry.ts'
import { addEvents } from '../../core/events/catalogue.ts'
import type { EventEntry } from '../../core/events/entry.ts'

/**
 * A station gives the catalogues what its adapters have; a test of one part has no station. Only these small files are
 * read, not the adapters.
 */
const root = join(import.meta.dirname, '../..')
for (const part of ['errors', 'events'] as const) {
  for (const file of globSync(`adapters/*/${part}.ts`, { cwd: root })) {
    const entries: unknown[] = Object.values((await import(join(root, file))) as object)
    for (const own of entries) {
      if (part === 'errors') addErrors(own as Readonly<Record<string, ErrorEntry>>)
      else addEvents(own as Readonly<Record<string, EventEntry>>)
    }
  }
}
