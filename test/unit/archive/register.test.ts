import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Register, type SentBatch } from '../../../adapters/archive/register.ts'

const SERIES = '0094-WS·2026-D30'
const OTHER = '0094-WS·2026-Y'
const counted = (series: string, ...documents: string[]) => documents.map((document) => ({ series, document }))
const sent: SentBatch = {
  batch: '20261122-a',
  delivery: 'm/archive',
  message: 'm',
  items: [['d-1', '0094-WS·2026-D30-0001']],
}

let folder: string
let path: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-register-'))
  path = join(folder, 'archive', 'register.jsonl')
})
afterEach(() => rm(folder, { recursive: true }))

describe('the register of item numbers', () => {
  it('counts within each series, and gives a document its number for ever', async () => {
    const register = new Register(path)
    expect(
      await register.numbers([...counted(SERIES, 'd-1', 'd-2'), ...counted(OTHER, 'd-3'), ...counted(SERIES, 'd-1')]),
    ).toEqual([1, 2, 1, 1])
    const again = new Register(path)
    expect(await again.numbers(counted(SERIES, 'd-4', 'd-2', 'd-1'))).toEqual([3, 2, 1])
    expect(await again.numbers(counted(OTHER, 'd-1'))).toEqual([2])
  })

  it('gives no number twice to those who ask at once', async () => {
    const register = new Register(path)
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, at) => register.numbers(counted(SERIES, `d-${at}`, 'shared'))),
    )
    expect(new Set(all.map(([own]) => own)).size).toBe(50)
    expect(new Set(all.map(([, shared]) => shared)).size).toBe(1)
    expect(Math.max(...all.flat())).toBe(51)
  })

  it('goes on above a number that an operator wrote into it', async () => {
    const register = new Register(path)
    await register.numbers(counted(SERIES, 'd-1'))
    await appendFile(path, `${JSON.stringify({ numbers: [[SERIES, 'before us', 532]] })}\n`)
    expect(await new Register(path).numbers(counted(SERIES, 'd-2', 'd-1'))).toEqual([533, 1])
  })

  it('forgets half a line at the end, wherever it was cut, and nothing before it', async () => {
    const register = new Register(path)
    await register.numbers(counted(SERIES, 'd-1'))
    const before = await readFile(path)
    await register.numbers(counted(SERIES, 'd-2', 'd-3'))
    const whole = await readFile(path)
    for (let cut = before.length + 1; cut < whole.length; cut++) {
      await writeFile(path, whole.subarray(0, cut))
      const after = new Register(path)
      expect(await after.numbers(counted(SERIES, 'd-9', 'd-1'))).toEqual([2, 1])
      expect(await new Register(path).numbers(counted(SERIES, 'd-9', 'd-1', 'd-2'))).toEqual([2, 1, 3])
    }
  })

  it('knows the batches that were sent, each by its last sending', async () => {
    const register = new Register(path)
    await register.send(sent)
    await register.send(sent)
    expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(2)
    const repaired = { ...sent, corrections: { 'd-1': { remark: '更正' } } }
    await register.send(repaired)
    const again = new Register(path)
    expect(await again.sent(sent.batch)).toEqual(repaired)
    expect(await again.sent('20261122-b')).toBeUndefined()
  })

  it('gives nothing out when a line is damaged, and names the line; serves again when it is mended', async () => {
    await new Register(path).numbers(counted(SERIES, 'd-1'))
    const good = await readFile(path)
    await appendFile(path, '{"numbers":[["x"]]}\n')
    const register = new Register(path)
    const failing = register.numbers(counted(SERIES, 'd-2'))
    await expect(failing).rejects.toMatchObject({ code: 'ARCHIVE_REGISTER', retryable: true, facts: { value: '2' } })
    await writeFile(path, good)
    expect(await register.numbers(counted(SERIES, 'd-2'))).toEqual([2])
  })
})
