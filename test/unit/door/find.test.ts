import { describe, expect, it } from 'vitest'
import { findNamed } from '../../../core/door/find.ts'
import type { Message } from '../../../core/message/schema.ts'

const document = { kind: 'document', number: '周政办〔2011〕83号' } as Message
const journal = (asked: string[]) => ({
  find: ({ text }: { readonly text: string }) => {
    asked.push(text)
    return Promise.resolve(text === document.number ? [document] : [])
  },
})

describe('what a text names', () => {
  it('is found by its number however that is written, and looked for once more only where that helps', async () => {
    for (const [text, looks] of [
      ['周政办〔2011〕83号', 1],
      ['周政办[2011]083', 2],
      ['周政办【2011】83号', 2],
    ] as const) {
      const asked: string[] = []
      expect(await findNamed(journal(asked), { text, max: 5 })).toEqual([document])
      expect(asked).toHaveLength(looks)
    }
    const asked: string[] = []
    expect(await findNamed(journal(asked), { text: 'zk-1', max: 5 })).toEqual([])
    expect(asked).toEqual(['zk-1'])
  })
})
