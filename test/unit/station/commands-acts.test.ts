import { readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runYizhan, type Said } from '../../lib/yizhan.ts'
import { actingStation, SIGNERS } from './lib/acting-station.ts'
import type { BusyStation } from './lib/busy-station.ts'

/** What commands show of what units have done, and what comes of what operators do: for people, and as JSON. */

let acting: BusyStation
beforeAll(async () => {
  acting = await actingStation()
}, 120_000)
afterAll(async () => {
  await acting.run.stop()
  await rm(acting.small.folder, { recursive: true })
})

const yizhan = (...args: string[]): Promise<Said> => runYizhan(['--data', acting.small.data, ...args])
const json = async <T>(...args: string[]): Promise<T> => {
  const said = await yizhan(...args, '--json')
  expect(said, args.join(' ')).toMatchObject({ code: 0, err: '' })
  return JSON.parse(said.out) as T
}
/** What stands in the log of this code, as written there. */
async function logged(code: string): Promise<Record<string, unknown>[]> {
  const folder = join(acting.small.data, 'logs')
  const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
  const lines = texts.flatMap((text) => text.split('\n')).filter((line) => line.includes(`"${code}"`))
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>)
}

interface Found {
  readonly message: { readonly id: string; readonly kind: string; readonly urgency: string }
  readonly status: { readonly recipients: readonly { readonly state: string }[] }
  readonly timeline: readonly { readonly code: string }[]
  readonly repairs?: readonly { readonly row: string; readonly message: { readonly urgency: string } }[]
}

describe('where', { timeout: 60_000 }, () => {
  const FOUND = ['st-signed', 'document']
  it.each([
    [
      'its number, which all its receipts and an earlier one bear',
      '周政办〔2026〕31号',
      [FOUND, ['st-first', 'document']],
    ],
    ['the id of one of its receipts', `st-signed-${SIGNERS[3]}`, [FOUND]],
    ['the sender’s id', 'ext-st-signed', [FOUND]],
  ])('finds a document with more than twenty acts by %s', async (_what, text, all) => {
    const found = await json<Found[]>('where', text)
    expect(found.map(({ message }) => [message.id, message.kind])).toEqual(all)
    expect(found[0]?.status.recipients.map(({ state }) => state)).toEqual(SIGNERS.map(() => 'signed'))
    const plain = await yizhan('where', text)
    expect(plain).toMatchObject({ code: 0, err: '' })
    expect(plain.out.match(/^周政办〔2026〕31号 {2}关于测试的通知 {2}市政府办公室$/gm)).toHaveLength(all.length)
    expect(plain.out.match(/^ {2}已签收 +s\d+ 单位 \(s\d+\) .* s\d+ 收发员$/gm)).toHaveLength(SIGNERS.length)
  })
})

describe('paper sent', { timeout: 60_000 }, () => {
  const ids = async (): Promise<string[]> => (await json<{ id: string }[]>('paper', 'list')).map(({ id }) => id)

  it('takes what somebody has sent off the list, and says who, for people and as JSON', async () => {
    const [first = '', second = '', ...more] = await ids()
    expect([first, second, more]).toEqual(['st-late1/zj', 'st-late2/zj', []])
    expect((await yizhan('paper', 'list')).out).toMatch(/st-late1\/zj\n {2}周政办〔2026〕41号[\s\S]*一直没有来取/)
    expect(await yizhan('paper', 'sent', first, '--by', '王收发', '--note', '专人送达')).toEqual({
      code: 0,
      out: `已销 / sent: ${first}\n`,
      err: '',
    })
    expect(await ids()).toEqual([second])
    expect(await json('paper', 'sent', second, '--by', '李收发')).toEqual([{ id: second, sent: true }])
    expect(await ids()).toEqual([])
    expect((await yizhan('paper', 'list')).out).toBe('没有待纸质补送的件 / nothing waits for paper\n')
    expect(await logged('paper.sent')).toMatchObject([
      { row: first, actor: '王收发', detail: '专人送达', unit: 'zj' },
      { row: second, actor: '李收发', unit: 'zj' },
    ])
    const [found] = await json<Found[]>('where', '周政办〔2026〕41号')
    expect(found?.timeline.map(({ code }) => code)).toEqual(expect.arrayContaining(['delivery.expired', 'paper.sent']))
  })

  it('of what is no longer there is refused', async () => {
    const said = await yizhan('paper', 'sent', 'st-late1/zj', '--json')
    expect(said).toMatchObject({ code: 1, err: '' })
    expect(JSON.parse(said.out)).toEqual([
      {
        id: 'st-late1/zj',
        sent: false,
        error: expect.objectContaining({ code: expect.any(String) as string }) as object,
      },
    ])
  })
})

describe('dead-letters replay --message', { timeout: 60_000 }, () => {
  it.each([
    ['for people', 1, []],
    ['as JSON', 2, ['--json']],
  ])('lets go what was mended in it, %s', async (_what, n, options) => {
    const id = `st-dead${n}`
    const letter = (await json<{ id: string; message: { id: string } }[]>('dead-letters', 'list')).find(
      ({ message }) => message.id === id,
    )
    const row = letter?.id ?? ''
    const { message } = await json<{ message: object }>('dead-letters', 'show', row, '--whole')
    const file = join(acting.small.folder, `mended-${n}.json`)
    await writeFile(file, JSON.stringify({ ...message, urgency: 'urgent' }))
    const said = await yizhan('dead-letters', 'replay', row, '--message', file, ...options)
    expect(said).toMatchObject({ code: 0, err: '' })
    if (options.length === 0) expect(said.out).toBe(`已重放 / replayed: ${row}\n`)
    else expect(JSON.parse(said.out)).toEqual([{ id: row, replayed: true }])
    // the original as it came, and the copy that goes on beside it
    const [found] = await json<Found[]>('where', id)
    expect(found?.message).toMatchObject({ id, urgency: 'ordinary' })
    expect(found?.repairs).toMatchObject([{ row, message: { urgency: 'urgent' } }])
    expect((await yizhan('dead-letters', 'list')).out).not.toContain(row)
  })
})

describe('petition list', { timeout: 60_000 }, () => {
  const ids = async (): Promise<string[]> => (await json<{ id: string }[]>('petition', 'list')).map(({ id }) => id)

  it('has a petition until its office has answered it', async () => {
    const [first = '', second = ''] = acting.petitions
    expect(await ids()).toEqual([first, second])
    await answer(first)
    expect(await ids()).toEqual([second])
    const plain = await yizhan('petition', 'list')
    expect(plain).toMatchObject({ code: 0, err: '' })
    expect(plain.out).toContain(second)
    expect(plain.out).not.toContain(first)
    await answer(second)
    expect(await ids()).toEqual([])
    expect((await yizhan('petition', 'list')).out).toBe('没有待核定的信访件 / none waits\n')
  })
})

/** The petition office’s OA answers the referral of a petition. */
async function answer(petition: string): Promise<void> {
  const call = async (body: string): Promise<string> => {
    const response = await fetch(`${acting.run.said.http}/oa/yizhan`, {
      method: 'POST',
      body: `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`,
      headers: { authorization: `Basic ${btoa('x:p')}`, 'content-type': 'text/xml; charset=utf-8' },
    })
    const text = await response.text()
    expect(response.status, text).toBe(200)
    return text
  }
  const list = await call('<ListItems xmlns="urn:yizhan:oa:1"/>')
  const item = new RegExp(`<id>([^<]*)</id>(?:(?!<id>)[\\s\\S])*${petition}`).exec(list)?.[1] ?? ''
  expect(item, list).not.toBe('')
  await call(
    `<Reply xmlns="urn:yizhan:oa:1"><id>${item}</id><replyText>已查处。</replyText><result>已办结</result></Reply>`,
  )
}
