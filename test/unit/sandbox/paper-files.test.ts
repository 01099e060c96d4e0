import { describe, expect, it } from 'vitest'
import { readFile } from '../../../core/secrecy/reading/read-file.ts'
import { NumberBook, PaperMill } from '../../../sandbox/opening-day/papers.ts'
import { photoOf } from '../../../sandbox/opening-day/files.ts'
import { Random } from '../../../sandbox/opening-day/random.ts'

const mill = (seed: number): PaperMill => {
  const random = new Random(seed)
  return new PaperMill(random, new NumberBook(random), 'a')
}

describe('the sandbox’s files', () => {
  it('are PDF and workbooks whose Chinese text the station reads', async () => {
    const paper = mill(1).notice('zhengfuban', '各单位', { annexes: 1, size: 4_000 })
    const [main, annex] = await Promise.all(paper.files.map(({ bytes }) => readFile(bytes)))
    expect(main?.unread).toEqual([])
    expect(main?.texts.join('\n')).toContain(paper.title)
    expect(main?.texts.join('\n')).toContain(paper.number)
    expect(annex?.unread).toEqual([])
    expect(annex?.texts.join('\n')).toContain(`${paper.number} 任务分解表\n任务1：`)
    expect(paper.files[0]?.bytes.length).toBeGreaterThan(4_000)
  })

  it('follow from the seed, and differ from each other', () => {
    const files = (seed: number): string[] =>
      mill(seed)
        .files('1', 100, 2)
        .concat(mill(seed).files('2', 100, 0))
        .map(({ bytes }) => bytes.toString('base64'))
    expect(files(1)).toEqual(files(1))
    expect(new Set([...files(1), ...files(2)]).size).toBe(8)
  })

  it('are images that the station tells from what it does not know', async () => {
    expect((await readFile(photoOf(8, new Random(1)))).unread).toEqual(['图像 / image'])
  })
})
