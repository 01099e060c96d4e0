import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { z } from 'zod'

const groups = z.strictObject({
  class: z.array(z.string()),
  title: z.array(z.string()),
  fileName: z.array(z.string()),
  text: z.array(z.string()),
  json: z.array(z.json()),
  /** first pages */
  lines: z.array(z.array(z.string())).default([]),
})
export type Corpus = z.infer<typeof groups>

export function corpus(name: 'marked' | 'harmless'): Corpus {
  return groups.parse(parse(readFileSync(new URL(`./${name}.yaml`, import.meta.url), 'utf8')))
}
