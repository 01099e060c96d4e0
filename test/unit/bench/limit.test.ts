import { open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { submissions } from '../../../bench/documents.ts'
import { deliverRequest, fieldsOf } from '../../../bench/limit/documents.ts'
import { Journal } from '../../../bench/limit/journal.ts'
import { RequestReader } from '../../../bench/limit/requests.ts'

const to = { port: 1, path: '/oa', account: 'a', password: 'p' }

describe('the leanest program', () => {
  it('reads requests wherever they are cut', () => {
    const request = submissions(to, 300, 1_000_000)
    const stream = Buffer.concat([...request(0), ...request(1), ...request(2)])
    for (const step of [1, 7, 1_000, stream.length]) {
      const bodies: Buffer[] = []
      const reader = new RequestReader((body) => bodies.push(Buffer.from(body)))
      for (let at = 0; at < stream.length; at += step) reader.push(stream.subarray(at, at + step))
      expect(bodies.map((body) => /submissionId>([^<]+)/.exec(body.toString())?.[1])).toEqual([
        'bench-1000000',
        'bench-1000001',
        'bench-1000002',
      ])
    }
  })

  it('gives on every element and the file as they came', () => {
    const [head = Buffer.alloc(0), tail = Buffer.alloc(0)] = submissions(to, 300, 1_000_000)(0)
    const whole = Buffer.concat([head, tail])
    const body = whole.subarray(whole.indexOf('\r\n\r\n') + 4)
    const { fields, content } = fieldsOf(body)
    const request = deliverRequest(new URL('http://127.0.0.1:9/inbox'), '7', fields, content).toString()
    const [, length, sent] = /Content-Length: (\d+)\r\n\r\n([^]*)$/.exec(request) ?? []
    expect(Buffer.byteLength(sent ?? '')).toBe(Number(length))
    const elements = (text: string): string[] =>
      [...text.matchAll(/<(\w+)>([^<]+)<\/\1>/g)].map(([, name, value]) => `${name} ${value}`)
    const own = new Set(['id 7/shouwen', 'kind document', 'messageId 7', 'role to', `acceptedAt ${fields.acceptedAt}`])
    expect(elements(sent ?? '').filter((element) => !own.has(element))).toEqual(
      // the recipient stands above the document once more
      ['unit shouwen', ...elements(body.toString())],
    )
  })

  it('writes to its journal all that came, in the order in which it came, before it says so', async () => {
    const path = join(tmpdir(), `yizhan-journal-${process.pid}`)
    onTestFinished(() => rm(path))
    const file = await open(path, 'w')
    onTestFinished(() => file.close())
    const journal = new Journal(file)
    const lines = Array.from({ length: 200 }, (_, n) => `line ${n}\n`)
    const durable: string[] = []
    await Promise.all(
      lines.map(async (line) => {
        await new Promise<void>((resolve) => journal.append([Buffer.from(line)], resolve))
        expect((await readFile(path, 'utf8')).includes(line)).toBe(true)
        durable.push(line)
      }),
    )
    expect(await readFile(path, 'utf8')).toBe(lines.join(''))
    expect(durable).toHaveLength(200)
  })
})
