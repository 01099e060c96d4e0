import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { Clerk } from '../../../sandbox/clerk/clerk.ts'
import type { JournalLine } from '../../../sandbox/clerk/lines.ts'
import { sortLines } from '../../../sandbox/counting/read.ts'
import { JsonLog, readJsonLog } from '../../../sandbox/files/json-log.ts'
import { Refused, TryAgain } from '../../../sandbox/oa/port.ts'

let folder: string
let journal: JsonLog<JournalLine>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'clerk-'))
  journal = new JsonLog(join(folder, 'attempts.jsonl'))
})
afterEach(async () => {
  await journal.close()
  rmSync(folder, { recursive: true })
})

const lines = (): JournalLine[] => readJsonLog<JournalLine>(join(folder, 'attempts.jsonl'))
const attempt = { id: 'a', episode: 'test', kind: 'issue', unit: 'office', system: 'oa-a' } as const

it('writes the attempt down before it is made, and the answer after it', async () => {
  let before: JournalLine[] = []
  const outcome = await new Clerk(journal).attempt(attempt, async () => {
    before = lines()
    return 'no-1'
  })
  expect(before).toMatchObject([{ t: 'attempt', id: 'a' }])
  expect(outcome).toEqual({ status: 'acknowledged', answer: 'no-1' })
  expect(lines()).toMatchObject([{ t: 'attempt' }, { t: 'acknowledged', id: 'a', answer: 'no-1' }])
})

it('tries again after a lost connection, and writes down each try', async () => {
  let tries = 0
  const outcome = await new Clerk(journal).attempt(attempt, async () => {
    if (++tries < 3) throw new TryAgain('ECONNRESET')
    return 'no-1'
  })
  expect(outcome.status).toBe('acknowledged')
  expect(sortLines(lines()).attempts.get('a')).toMatchObject({ retries: 2, end: { t: 'acknowledged' } })
})

it('takes a refusal for an answer', async () => {
  const outcome = await new Clerk(journal).attempt(attempt, () =>
    Promise.reject(new Refused('TOO_LARGE', '超过大小上限 / too large')),
  )
  expect(outcome).toEqual({ status: 'refused', code: 'TOO_LARGE', text: '超过大小上限 / too large' })
  expect(lines().at(-1)).toMatchObject({ t: 'refused', code: 'TOO_LARGE' })
})

it('gives up when its patience is over', async () => {
  let now = 0
  const outcome = await new Clerk(journal, () => (now += 60_000)).attempt(attempt, () =>
    Promise.reject(new TryAgain('ECONNREFUSED')),
  )
  expect(outcome).toEqual({ status: 'gave-up', why: 'ECONNREFUSED' })
})

it('does not hide a mistake of its own', async () => {
  await expect(new Clerk(journal).attempt(attempt, () => Promise.reject(new TypeError('oops')))).rejects.toThrow('oops')
})

it('has every line on disk when it says so, although many are written together', async () => {
  await Promise.all(
    Array.from({ length: 200 }, (_, n) =>
      journal
        .add({ t: 'switch', at: '', oa: String(n), on: true })
        .then(() => expect(lines().some((line) => line.t === 'switch' && line.oa === String(n))).toBe(true)),
    ),
  )
  expect(lines()).toHaveLength(200)
})
