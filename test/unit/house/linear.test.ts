import { describe, expect, it } from 'vitest'
import { dnKey, keysAbove } from '../../../core/text/distinguished-name.ts'
import { readSuccess } from '../../../adapters/oa/docxg/answers.ts'
import { maskText } from '../../../core/events/mask.ts'
import { clientOf } from '../../../core/http/address.ts'
import { mask } from '../../../core/events/mask.ts'
import { normalizeNumber } from '../../../core/message/number.ts'
import { keeps } from '../../../nodes/guard/rules.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import { projectHome } from '../../../core/config/home.ts'
import { join } from 'node:path'
import { cpuTime } from '../lib/cpu.ts'

/**
 * Text of others, of the shapes on which patterns with a time that grows with the square go astray. What is measured is
 * processor time of this thread, which a busy machine does not lengthen.
 */

const MOST_MS = 100
const LONG = 400_000

const TEXTS: Readonly<Record<string, string>> = {
  'letters and a colon': `${'a'.repeat(LONG)}:`,
  blanks: `x${' '.repeat(LONG)}x`,
  'line ends': `x${'\r\n'.repeat(LONG / 2)}x`,
  digits: '1'.repeat(LONG),
  'phone-like': '138 '.repeat(LONG / 4),
  slashes: `x${'/'.repeat(LONG)}x`,
  dots: `${'a.'.repeat(LONG / 2)}@`,
  ats: 'a@'.repeat(LONG / 2),
  percents: '%'.repeat(LONG),
  commas: `甲${'，'.repeat(LONG)}乙`,
  brackets: '〔'.repeat(LONG),
  'names of a tree': 'a=,'.repeat(LONG / 3),
  backslashes: '\\'.repeat(LONG),
  'opened tags': '<DOCSUMMARY>'.repeat(LONG / 12),
}

const profiles = await loadProfiles(join(projectHome(), 'config'))
const docxg = profiles.get('docxg')!
const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  'a centre’s answer': (text) => readSuccess('centre', docxg, text),
  'a key of a DN': dnKey,
  'the keys above a DN': keysAbove,
  'masked for the log': mask,
  'masked at the portal': maskText,
  'a document number': normalizeNumber,
  'an address of a proxy': clientOf,
  'a flow’s expression': (text) => keeps({ property: 'p', test: 'matches', value: '^(?:[^:]+:?)+$' }, `${text}\n:`),
}

describe.each(Object.entries(READERS))('%s', (_reader, read) => {
  it.each(Object.entries(TEXTS))('of %s holds nobody up', async (_shape, text) => {
    const spent = cpuTime()
    try {
      await read(text)
    } catch (error) {
      expect(error).toMatchObject({ code: expect.any(String) as string })
    }
    expect(spent(), 'ms').toBeLessThan(MOST_MS)
  })
})
