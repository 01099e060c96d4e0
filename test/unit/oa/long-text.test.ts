import { afterAll, beforeAll, expect, it } from 'vitest'
import { PASSWORD, TestHouse } from './lib/house.ts'
import { at, basic, envelope, faultCode, file, NS, notice, post, submit } from './lib/soap.ts'

/** A long text is a body on disk like a file, and comes out as the text that it was. */

let t: TestHouse
let url: string
const office = { authorization: basic('office', PASSWORD) }
const science = { authorization: basic('science', PASSWORD) }
const text = `${'各单位：请认真贯彻落实。\n'.repeat(20_000)}完`

beforeAll(async () => {
  t = await TestHouse.open()
  url = `${t.url}/oa/yizhan`
})
afterAll(() => t.close())

it('travels beside its message, and is fetched as it was sent', async () => {
  const document = notice({ number: '周政办〔2026〕1号', to: '市科技局', files: '' })
  const sent = await post(url, submit(`${document}<text>${text}</text>`), office)
  expect(faultCode(sent)).toBe('')
  const message = await t.house.ledger.journal.message(at(sent.body, 'messageId'))
  expect(message).toMatchObject({
    textBody: { size: Buffer.byteLength(text) },
    document: { title: expect.any(String) as string },
  })
  expect(message).not.toHaveProperty('document.text')
  expect(JSON.stringify(message).length).toBeLessThan(4096)
  await t.flow()
  const fetched = await post(
    url,
    envelope(`<Fetch xmlns="${NS}"><id>${at(sent.body, 'messageId')}/science</id></Fetch>`),
    science,
  )
  expect(at(fetched.body, 'item', 'document', 'text') || at(fetched.body, 'document', 'text')).toBe(text)
  const again = await post(url, submit(`${document}<text>${text}</text>`), office)
  expect(at(again.body, 'repeated')).toBe('true')
})

it('counts toward the size of a document', async () => {
  const files = file('附件.pdf', Buffer.alloc(2_000_000, 1))
  const long = '长'.repeat(500_000)
  const document = notice({ number: '周政办〔2026〕2号', to: '市科技局', files: '' })
  const refused = await post(url, submit(`${document}<text>${long}</text><files>${files}</files>`), office)
  expect(faultCode(refused)).toBe('TOO_LARGE')
})
