import { describe, expect, it } from 'vitest'
import { readAnswerBody } from '../../../adapters/oa/soap/answers.ts'
import { YizhanError } from '../../../core/errors/error.ts'

const ENVELOPE =
  '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body><Taken>true</Taken></s:Body></s:Envelope>'

const answer = (bytes: string | Buffer, contentType = 'text/xml; charset=ISO-8859-1', status = 200) => ({
  status,
  contentType,
  bytes: Buffer.from(bytes),
})

describe('the answer of an OA', () => {
  it('is read whatever charset a server’s default claims', async () => {
    expect((await readAnswerBody('oa-1', answer(ENVELOPE))).local).toBe('Taken')
    expect((await readAnswerBody('oa-1', answer(ENVELOPE.replace('true', '已收')))).text).toBe('已收')
  })

  it('is read where it comes as MTOM, and with headers of WS-Addressing that must be understood', async () => {
    const wsa = 'http://www.w3.org/2005/08/addressing'
    const header = `<s:Header><a:Action xmlns:a="${wsa}" s:mustUnderstand="1">urn:x</a:Action><a:RelatesTo xmlns:a="${wsa}" s:mustUnderstand="1">urn:1</a:RelatesTo></s:Header>`
    const xml = ENVELOPE.replace('<s:Body>', `${header}<s:Body>`)
    const body = `--b\r\nContent-Type: application/xop+xml; charset=UTF-8; type="text/xml"\r\nContent-ID: <r>\r\n\r\n${xml}\r\n--b--`
    const type = 'multipart/related; type="application/xop+xml"; start="<r>"; start-info="text/xml"; boundary=b'
    expect((await readAnswerBody('oa-1', answer(body, type))).local).toBe('Taken')
    await expect(readAnswerBody('oa-1', answer(body.replace('--b--', ''), type))).rejects.toMatchObject({
      code: 'SYSTEM_FAULT',
      inDoubt: true,
    })
  })

  it.each([
    [
      'a page of a proxy',
      answer('<html>\n<body>请先登录 please log in</body>', 'text/html'),
      /XML_MALFORMED.*text\/html.*请先登录/s,
    ],
    ['nothing', answer('', ''), /empty/],
    ['another encoding', answer(Buffer.from('<a>\xc4\xe3</a>', 'latin1')), /ENCODING_INVALID|字节|byte/],
  ])('that is %s is told with what was wrong and how it begins', async (_what, posted, shown) => {
    const error = await readAnswerBody('oa-1', posted).catch((thrown: unknown) => thrown as YizhanError)
    if (!(error instanceof YizhanError)) throw new Error('it was read')
    expect(error).toMatchObject({ code: 'SYSTEM_FAULT', inDoubt: true })
    expect(error.facts.detail).toMatch(/^HTTP 200：/)
    expect(`${error.facts.detail}`).toMatch(shown)
    expect(`${error.facts.detail}`.length).toBeLessThan(600)
  })
})
