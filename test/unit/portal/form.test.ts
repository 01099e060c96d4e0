import fc from 'fast-check'
import iconv from 'iconv-lite'
import { describe, expect, it } from 'vitest'
import { readForm, type Form } from '../../../adapters/portal/form/read.ts'
import { YizhanError } from '../../../core/errors/error.ts'

const LIMITS = { files: 10, fileBytes: 1024 * 1024 }
const TYPE = 'multipart/form-data; boundary=b'

/** A form of one part with this Content-Disposition, whose text is written in `encoding`. */
function formOf(disposition: string | undefined, body = '市住建局', encoding = 'utf-8', more = ''): Buffer {
  const header = disposition === undefined ? '' : `Content-Disposition: ${disposition}\r\n`
  return Buffer.concat([
    Buffer.from('--b\r\n'),
    iconv.encode(header, encoding),
    Buffer.from(`${more}\r\n`),
    Buffer.from(body),
    Buffer.from('\r\n--b--\r\n'),
  ])
}

function read(bytes: Buffer, type = TYPE): Form {
  return readForm(type, bytes, LIMITS)
}

function refused(reading: () => unknown): YizhanError {
  try {
    reading()
  } catch (thrown) {
    if (thrown instanceof YizhanError) return thrown
    throw thrown
  }
  throw new Error('expected a refusal')
}

const GBK = Buffer.from(iconv.encode('照片', 'gbk'))
const escaped = [...GBK].map((byte) => `%${byte.toString(16).toUpperCase()}`).join('')

describe('the parts of a form', () => {
  it.each<[string, string, string, string]>([
    ['GBK in RFC 5987', `form-data; name="files"; filename*=GBK''${escaped}.jpg`, 'utf-8', '照片.jpg'],
    ['GB 18030 in RFC 5987', `form-data; name="files"; filename*=gb18030'zh-CN'${escaped}.jpg`, 'utf-8', '照片.jpg'],
    ['UTF-8 in RFC 5987', `form-data; name="files"; filename*=UTF-8''%E7%85%A7%E7%89%87.jpg`, 'utf-8', '照片.jpg'],
    [
      'both, of which RFC 5987 says more',
      `form-data; name=files; filename="?.jpg"; filename*=UTF-8''%E7%85%A7.jpg`,
      'utf-8',
      '照.jpg',
    ],
    ['Chinese without quotes', 'form-data; name="files"; filename=照片.jpg', 'utf-8', '照片.jpg'],
    ['a blank without quotes', 'form-data; name="files"; filename=my photo.jpg', 'utf-8', 'my photo.jpg'],
    ['a quote within the quotes', 'form-data; name="files"; filename="a"b.jpg"', 'utf-8', 'a"b.jpg'],
    ['an escaped quote', 'form-data; name="files"; filename="a\\"b.jpg"', 'utf-8', 'a"b.jpg'],
    ['a quote as browsers escape it', 'form-data; name="files"; filename="a%22b.jpg"', 'utf-8', 'a"b.jpg'],
    ['a percent sign that escapes nothing', 'form-data; name="files"; filename="100%25.jpg"', 'utf-8', '100%25.jpg'],
    ['a semicolon within the quotes', 'form-data; name="files"; filename="a;b.jpg"', 'utf-8', 'a;b.jpg'],
    ['a semicolon at the end', 'form-data; name="files"; filename="照片.jpg";', 'utf-8', '照片.jpg'],
    [
      'a path of an old browser',
      'form-data; name="files"; filename="C:\\photos\\照片.jpg"',
      'utf-8',
      'C:\\photos\\照片.jpg',
    ],
    ['attachment in place of form-data', 'attachment; name="files"; filename="照片.jpg"', 'utf-8', '照片.jpg'],
    ['other case and blanks', 'Form-Data ;  NAME = "files" ; FileName = "照片.jpg"', 'utf-8', '照片.jpg'],
    ['a size beside it', 'form-data; name="files"; filename="照片.jpg"; size=12', 'utf-8', '照片.jpg'],
    ['raw GBK', 'form-data; name="files"; filename="照片.jpg"', 'gbk', '照片.jpg'],
    ['raw GBK without quotes', 'form-data; name="files"; filename=照片.jpg', 'gbk', '照片.jpg'],
    ['raw GB 18030 of four bytes', 'form-data; name="files"; filename="㐂.jpg"', 'gb18030', '㐂.jpg'],
    ['folded lines', 'form-data;\r\n name="files";\r\n\tfilename="照片.jpg"', 'utf-8', '照片.jpg'],
  ])('are read with %s', (_, disposition, encoding, name) => {
    const { files, fields } = read(formOf(disposition, 'x', encoding))
    expect({ fields, files: files.map((file) => [file.part, file.name, file.bytes.toString()]) }).toEqual({
      fields: [],
      files: [['files', name, 'x']],
    })
  })

  it.each<[string, string, [string, string][]]>([
    ['without quotes', 'form-data; name=accused', [['accused', '市住建局']]],
    ['with a semicolon at the end', 'form-data; name="accused";', [['accused', '市住建局']]],
    ['as attachment', 'attachment; name="accused"', [['accused', '市住建局']]],
    ['by RFC 5987', "form-data; name*=GBK''accused", [['accused', '市住建局']]],
    ['in Chinese', 'form-data; name=被反映单位', [['被反映单位', '市住建局']]],
  ])('are fields %s', (_, disposition, fields) => {
    expect(read(formOf(disposition)).fields).toEqual(fields)
  })

  it.each<[string, string | undefined, string]>([
    ['no disposition', undefined, '没有 Content-Disposition'],
    ['another disposition', 'inline; name="accused"', '须为 form-data'],
    ['an empty disposition', '', '须为 form-data'],
    ['no name', 'form-data; filename="x.jpg"', '没有名称'],
    ['an empty name', 'form-data; name=""', '没有名称'],
    ['a name twice', 'form-data; name="title"; name="accused"', 'name 出现两次'],
    ['two names that differ', "form-data; name=title; name*=UTF-8''accused", 'name 与 name* 不同'],
    ['a quote that does not end', 'form-data; name="accused', '引号没有结束'],
    ['something between a quote and the semicolon', 'form-data; name="accused"x; filename="y"z', '引号没有结束'],
    ['an encoding that nobody knows', "form-data; name=files; filename*=x-mars''a.jpg", '不认识'],
    ['bytes that are not in the encoding named', "form-data; name=files; filename*=UTF-8''%D5%D5.jpg", 'utf-8'],
    ['half an escape', "form-data; name=files; filename*=UTF-8''%D.jpg", 'RFC 5987'],
    ['no RFC 5987', 'form-data; name=files; filename*=a.jpg', 'RFC 5987'],
    ['a continuation of RFC 2231', 'form-data; name=files; filename*0="a"; filename*1=".jpg"', '不认识的参数'],
    ['a parameter without a value', 'form-data; name="accused"; x', '不是“参数=值”'],
  ])('are refused with %s, and the part is named', (_, disposition, detail) => {
    const error = refused(() => read(formOf(disposition)))
    expect(error).toMatchObject({ code: 'MULTIPART_MALFORMED', status: 400 })
    expect(error.facts.field).toContain('part 1')
    expect(error.facts.detail).toContain(detail)
  })

  it('name the part that is wrong, by its place and its name', () => {
    const bytes = Buffer.from(
      '--b\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n' +
        '--b\r\nContent-Disposition: form-data; name="accused"; colour=red\r\n\r\ny\r\n--b--',
    )
    expect(refused(() => read(bytes)).facts.field).toBe('第 2 部分 part 2“accused”')
  })

  it('are told apart as the standard has it', () => {
    const part = 'Content-Disposition: form-data; name="text"\r\n'
    const value = (text: string): unknown => read(Buffer.from(text)).fields
    expect(value(`--b\r\n${part}\r\n--b--`)).toEqual([['text', '']])
    expect(value(`--b\r\n${part}\r\n\r\n--b--`)).toEqual([['text', '']])
    expect(value(`before\r\n--b \t\r\n${part}\r\n--x\r\n--b--\r\nbehind`)).toEqual([['text', '--x']])
    const wrong = [
      ['', 'no part'],
      ['--b--x', 'closing'],
      [`--b\r\n${part}\r\nx`, 'does not end'],
      [`--b\r\n${part}\r\nx\r\n--b\r\n`, 'does not end'],
      [`--b\n${part}\nx\n--b--`, 'CRLF'],
      [`--b\r\n${part}x\r\n--b--`, 'no empty line'],
      [`--b\r\n--b--`, 'no Content-Disposition'],
      [`--b\r\n\r\nx\r\n--b--`, 'no Content-Disposition'],
      [`--bc\r\n${part}\r\nx\r\n--b--`, 'must follow the boundary'],
      [`--b\r\n${part}nonsense\r\n\r\nx\r\n--b--`, 'name: value'],
      [`--b\r\n${part}${part}\r\nx\r\n--b--`, 'twice'],
    ]
    for (const [text = '', detail = ''] of wrong)
      expect(refused(() => value(text)).facts.detail, JSON.stringify(text)).toContain(detail)
  })

  it('speak GBK where the form or the part says so', () => {
    const gbk = (text: string): Buffer => Buffer.from(iconv.encode(text, 'gbk'))
    const head = '--b\r\nContent-Disposition: form-data; name='
    // 联通 in GBK is well-formed UTF-8 of other characters.
    const declared = Buffer.concat([
      gbk(`${head}"text"\r\n\r\n联通\r\n${head}"files"; filename="联通.txt"\r\n\r\nx\r\n`),
      gbk(`${head}"_charset_"\r\n\r\nGBK\r\n--b--`),
    ])
    expect(read(declared)).toMatchObject({
      fields: [
        ['text', '联通'],
        ['_charset_', 'GBK'],
      ],
      files: [{ name: '联通.txt' }],
    })
    const own = gbk(`${head}"text"\r\nContent-Type: text/plain; charset=gb2312\r\n\r\n照片\r\n--b--`)
    expect(read(own).fields).toEqual([['text', '照片']])
    const silent = gbk(`${head}"text"\r\n\r\n照片\r\n--b--`)
    expect(refused(() => read(silent))).toMatchObject({ code: 'ENCODING_INVALID', facts: { field: 'text' } })
    const unknown = gbk(`${head}"text"\r\nContent-Type: text/plain; charset=klingon\r\n\r\nx\r\n--b--`)
    expect(refused(() => read(unknown))).toMatchObject({ code: 'ENCODING_UNKNOWN' })
  })

  it('come in the transfer encodings of mail, or are refused', () => {
    const base64 = formOf(
      'form-data; name=files; filename=a.txt',
      Buffer.from('照片').toString('base64'),
      'utf-8',
      'Content-Transfer-Encoding: base64\r\n',
    )
    expect(read(base64).files[0]?.bytes.toString()).toBe('照片')
    const quoted = formOf('form-data; name=text', '=E7', 'utf-8', 'Content-Transfer-Encoding: quoted-printable\r\n')
    expect(refused(() => read(quoted)).facts.detail).toContain('quoted-printable')
  })

  it('are at most so many and so large; more is refused, never cut', () => {
    const part = (n: number): string => `--b\r\nContent-Disposition: form-data; name="f${n}"\r\n\r\nx\r\n`
    const file = '--b\r\nContent-Disposition: form-data; name="files"; filename="a.txt"\r\n\r\nx\r\n'
    const many = (text: string): Buffer => Buffer.from(`${text}--b--`)
    const parts = Array.from({ length: 41 }, (_, n) => part(n)).join('')
    expect(refused(() => read(many(parts)))).toMatchObject({ code: 'TOO_LARGE', facts: { field: 'fields' } })
    expect(refused(() => read(many(file.repeat(11))))).toMatchObject({ code: 'TOO_LARGE', facts: { field: 'files' } })
    const large = formOf('form-data; name="text"', 'x'.repeat(64 * 1024 + 1))
    expect(refused(() => read(large))).toMatchObject({ code: 'TOO_LARGE', facts: { field: 'text' } })
    const heavy = formOf('form-data; name="files"; filename="a"', 'x'.repeat(LIMITS.fileBytes + 1))
    expect(refused(() => read(heavy))).toMatchObject({ code: 'TOO_LARGE' })
    expect(refused(() => read(many(part(1).repeat(201)))).code).toMatch(/TOO_LARGE|MULTIPART_MALFORMED/)
    const long = formOf(`form-data; name="${'x'.repeat(20_000)}"`)
    expect(refused(() => read(long)).code).toBe('MULTIPART_MALFORMED')
  })

  it('want a boundary', () => {
    for (const type of ['multipart/form-data', 'multipart/form-data; boundary=', 'multipart/form-data; boundary="ä"'])
      expect(refused(() => read(formOf('form-data; name=a'), type)).code, type).toBe('MULTIPART_MALFORMED')
    expect(read(formOf('form-data; name=a'), 'multipart/form-data; charset=utf-8; boundary="b"').fields).toHaveLength(1)
  })
})

/** Text without controls and halves of pairs, as names and values of forms may have it. */
const text = fc
  .string({ unit: 'grapheme', maxLength: 30 })
  .map((value) => value.replace(/[\p{Cc}\ufffd\ufeff]/gu, '').toWellFormed())

describe('forms at random', () => {
  it('are read as the platform’s own reader has them', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.tuple(
            text.filter((name) => name !== ''),
            text,
          ),
          { maxLength: 8 },
        ),
        fc.array(
          fc.tuple(
            text.filter((name) => name !== ''),
            fc.uint8Array({ minLength: 1, maxLength: 100 }),
          ),
          { maxLength: 4 },
        ),
        async (fields, files) => {
          const form = new FormData()
          // The platform's writer normalises a percent sign followed by 22, 0D or 0A to nothing else: such names are
          // ambiguous.
          const plain = (name: string): string => name.replace(/%(?=22|0d|0a)/gi, '')
          for (const [name, value] of fields) form.append(plain(name), value)
          for (const [name, bytes] of files) form.append('files', new Blob([bytes]), plain(name))
          const request = new Request('http://127.0.0.1/', { method: 'POST', body: form })
          const type = request.headers.get('content-type') ?? ''
          const bytes = Buffer.from(await request.arrayBuffer())
          if (fields.length + files.length === 0) return
          // eslint-disable-next-line @typescript-eslint/no-deprecated -- as an independent reader of what is well-formed
          const theirs = await new Response(bytes, { headers: { 'content-type': type } }).formData()
          const ours = read(bytes, type)
          const theirFields = [...theirs].filter(([, value]) => typeof value === 'string')
          const theirFiles = [...theirs].flatMap(([name, value]) =>
            typeof value === 'string' ? [] : [[name, value.name]],
          )
          expect(ours.fields).toEqual(theirFields)
          expect(ours.files.map((file) => [file.part, file.name])).toEqual(theirFiles)
          expect(ours.files.map((file) => file.bytes)).toEqual(files.map(([, content]) => Buffer.from(content)))
        },
      ),
      { numRuns: 300 },
    )
  })

  it('lose no part however their headers are bent: it is there, or the form is refused', () => {
    const good = 'form-data; name="accused"; filename="x.jpg"'
    fc.assert(
      fc.property(
        fc.nat(good.length),
        fc.nat(4),
        fc.oneof(
          fc.constantFrom(';', '"', '\\', '*', "'", '=', ' ', '\t', '', '%22', "GBK''", '中'),
          fc.string({ maxLength: 3 }),
        ),
        fc.constantFrom('utf-8', 'gbk'),
        (at, cut, put, encoding) => {
          const bent = good.slice(0, at) + put + good.slice(at + cut)
          const bytes = Buffer.concat([
            formOf('form-data; name="title"').subarray(0, -7),
            formOf(bent, '市住建局', encoding),
          ])
          let form: Form
          try {
            form = read(bytes)
          } catch (error) {
            expect(error).toBeInstanceOf(YizhanError)
            return
          }
          expect(form.fields.length + form.files.length).toBe(2)
        },
      ),
      { numRuns: 5_000 },
    )
  })

  it('of any bytes end in a form or a refusal', () => {
    const token = fc.constantFrom(
      '--b',
      '--b--',
      '\r\n',
      '\n',
      ': ',
      'Content-Disposition',
      'form-data',
      '; name="a"',
      '"',
      '\\',
      ' ',
      '\u00ff',
    )
    fc.assert(
      fc.property(fc.array(fc.oneof(token, fc.string({ maxLength: 5 })), { maxLength: 40 }), (pieces) => {
        try {
          read(Buffer.from(pieces.join(''), 'latin1'))
        } catch (error) {
          expect(error).toBeInstanceOf(YizhanError)
        }
      }),
      { numRuns: 5_000 },
    )
  })
})
