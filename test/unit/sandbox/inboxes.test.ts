import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readFiles } from '../../../sandbox/counting/read.ts'
import { Inboxes } from '../../../sandbox/oa/inboxes.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'inboxes-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const item = (id: string) =>
  ({ system: 'oa-a', unit: 'finance', kind: 'document', id, number: '测〔2011〕1号', digest: 'd' }) as const

describe('inboxes', () => {
  it('keep each id once, whole and in sequence, however many come at once', async () => {
    const inboxes = new Inboxes(folder)
    const ids = Array.from({ length: 30 }, (_, n) => `id-${n % 20}`)
    const results = await Promise.all(ids.map((id) => inboxes.keep(item(id))))
    expect(results.filter((result) => result === 'kept')).toHaveLength(20)
    expect(inboxes.repeated('oa-a', 'finance')).toBe(10)
    const files = readdirSync(join(folder, 'oa-a', 'finance'))
      .filter((name) => name.endsWith('.json'))
      .sort()
    expect(files).toEqual(Array.from({ length: 20 }, (_, n) => `${String(n + 1).padStart(5, '0')}.json`))
    expect(
      files.map(
        (name) =>
          (JSON.parse(readFileSync(join(folder, 'oa-a', 'finance', name), 'utf8')) as { sequence: number }).sequence,
      ),
    ).toEqual(Array.from({ length: 20 }, (_, n) => n + 1))
    await inboxes.close()
  })

  it('remember items, repetitions and marks when they are opened again, and pass over what a crash left half written', async () => {
    const first = new Inboxes(folder)
    await first.keep(item('one'))
    await first.keep(item('one'))
    await first.mark('oa-a', 'finance', 'one', 'signed')
    await first.close()
    writeFileSync(join(folder, 'oa-a', 'finance', '00002.json.ab12.tmp'), '{"half')
    const second = new Inboxes(folder)
    expect(second.items('oa-a', 'finance').map((kept) => kept.id)).toEqual(['one'])
    expect(second.repeated('oa-a', 'finance')).toBe(1)
    expect(second.markOf('oa-a', 'finance', 'one')).toBe('signed')
    expect(await second.keep(item('one'))).toBe('known')
    expect(await second.keep(item('two'))).toBe('kept')
    await second.close()
    const box = readFiles(folder).boxes.find((one) => one.unit === 'finance')
    expect(box?.items.map((kept) => kept.sequence)).toEqual([1, 2])
    expect(box?.repeats).toHaveLength(2)
  })
})
