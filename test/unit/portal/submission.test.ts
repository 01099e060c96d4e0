import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readSubmission } from '../../../adapters/portal/submission.ts'
import { isIdNumber, PURPOSES } from '../../../adapters/portal/petition.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { configOf, formOf, ID_NUMBER, petition, type PetitionJson } from './lib/petitions.ts'

const config = configOf()
const json = (value: unknown, type = 'application/json'): ReturnType<typeof readSubmission> =>
  readSubmission(type, Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), config)

async function refused(reading: Promise<unknown>): Promise<YizhanError> {
  const error = await reading.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof YizhanError)) throw new Error(`expected a refusal, not ${String(error)}`)
  return error
}

/** Text as citizens write it: any characters but controls, line breaks of one kind. */
const words = (maxLength: number): fc.Arbitrary<string> =>
  fc
    .string({ unit: 'grapheme', minLength: 1, maxLength })
    .map((text) =>
      `字${text.replace(/[\p{Cc}\p{Cf}]/gu, '')}`.trim().slice(0, maxLength).toWellFormed().replaceAll('\ufffd', ''),
    )
const petitions: fc.Arbitrary<PetitionJson> = fc.record(
  {
    externalId: fc.stringMatching(/^[!-~]{1,64}$/),
    purpose: fc.constantFrom(...PURPOSES),
    title: words(60),
    text: fc.array(words(80), { minLength: 1, maxLength: 5 }).map((lines) => lines.join('\n')),
    place: fc.record(
      { code: fc.constantFrom('411681', '411681100', '411681100201'), name: words(20) },
      { requiredKeys: ['code'] },
    ),
    category: fc.stringMatching(/^\d{6}$/),
    petitioner: fc.record(
      {
        name: words(20),
        phone: fc.stringMatching(/^1380000\d{4}$/),
        idNumber: fc.constant(ID_NUMBER),
        address: words(50),
      },
      { requiredKeys: ['name', 'phone'] },
    ),
    accused: words(30),
    publish: fc.boolean(),
    files: fc.array(
      fc.record({
        name: words(20).map((name) => `${name.replace(/[/\\"]/g, '')}.pdf`),
        mediaType: fc.constant('application/pdf'),
        content: fc.uint8Array({ minLength: 1, maxLength: 200 }).map((bytes) => Buffer.from(bytes).toString('base64')),
      }),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ['purpose', 'title', 'text', 'place', 'category', 'petitioner', 'publish'] },
)

describe('a petition that is submitted', () => {
  it('is read whole', async () => {
    const { petition: read, fingerprint } = await json(petition({ externalId: 'w-1', accused: '某某单位' }))
    expect(read).toMatchObject({
      externalId: 'w-1',
      purpose: '申诉求决',
      accused: '某某单位',
      publish: false,
      petitioner: { phone: '13800001234' },
    })
    expect(read.files).toEqual([{ name: '照片.jpg', mediaType: 'image/jpeg', bytes: Buffer.from('不是真的照片') }])
    expect(fingerprint).toMatch(/^sha256:[0-9a-f]{64}$/)
  })

  it('is the same as JSON and as a form, with the same fingerprint', async () => {
    await fc.assert(
      fc.asyncProperty(petitions, async (one) => {
        const form = await formOf(one)
        const [a, b] = await Promise.all([json(one), readSubmission(form.contentType, form.bytes, config)])
        expect(b).toEqual(a)
        expect(a.petition.text).toBe(one.text)
      }),
      { numRuns: 200 },
    )
  })

  it('has another fingerprint when anything but the portal’s id differs', async () => {
    const base = (await json(petition())).fingerprint
    expect((await json(petition({ externalId: 'other' }))).fingerprint).toBe(base)
    expect((await json(petition({ text: petition().text.replace('\n', '\r\n') }))).fingerprint).toBe(base)
    const { petitioner, files = [] } = petition()
    const others: Partial<PetitionJson>[] = [
      { title: '另一标题' },
      { text: '另一内容' },
      { purpose: '咨询' },
      { publish: true },
      { accused: '某局' },
      { category: '010101' },
      { place: { code: '411681' } },
      { petitioner: { ...petitioner, phone: '13800001235' } },
      { files: [] },
      { files: [...files, ...files] },
    ]
    const prints = await Promise.all(others.map(async (changes) => (await json(petition(changes))).fingerprint))
    expect(new Set([base, ...prints]).size).toBe(others.length + 1)
  })

  it.each<[string, object, string, string]>([
    ['an unknown purpose', { purpose: '闲聊' }, 'purpose', '申诉求决'],
    ['no title', { title: '  ' }, 'title', '不得为空'],
    ['a title too long', { title: '长'.repeat(101) }, 'title', '≤ 100'],
    ['control characters', { text: 'a\u0000b' }, 'text', '控制字符'],
    ['what XML cannot carry, in the text', { text: 'a\uffffb' }, 'text', '控制字符'],
    ['what XML cannot carry, in the title', { title: 'a\ufffeb' }, 'title', '控制字符'],
    ['half a surrogate pair', { title: 'a\ud800' }, 'title', '控制字符'],
    [
      'a name written backwards',
      { petitioner: { name: '张\u202e三', phone: '13800001234' } },
      'petitioner.name',
      '控制字符',
    ],
    ['no place', { place: {} }, 'place', '至少填一项'],
    ['a category that is none', { category: '供暖' }, 'category', '6 位'],
    ['a wrong phone number', { petitioner: { name: '张三', phone: '1380000' } }, 'petitioner.phone', '手机号'],
    [
      'a wrong check character',
      { petitioner: { name: '张三', phone: '13800001234', idNumber: '999999198001010010' } },
      'petitioner.idNumber',
      'GB 11643',
    ],
    ['a type of file that is not allowed', { files: [{ name: 'x.exe', content: 'AAAA' }] }, 'files.0.name', 'pdf'],
    ['a file without content', { files: [{ name: 'x.pdf', content: '' }] }, 'files.0', 'empty'],
    ['a field that is none', { vip: true }, 'vip', 'no such field'],
  ])('is refused for %s, with field and rule', async (_, changes, field, rule) => {
    const error = await refused(json({ ...petition(), ...changes }))
    expect(error.code).toBe('FIELD_INVALID')
    expect(error.facts.field).toBe(field)
    expect(error.facts.rule).toContain(rule)
  })

  it('is refused for base64 that is none, more files and more bytes than allowed', async () => {
    const file = { name: 'a.pdf', content: Buffer.alloc(1024 * 1024).toString('base64') }
    expect(await refused(json(petition({ files: [{ name: 'a.pdf', content: 'AA*A' }] })))).toMatchObject({
      code: 'BASE64_INVALID',
      facts: { field: 'files.0.content' },
    })
    expect(
      await refused(json(petition({ files: Array.from({ length: 11 }, () => ({ name: 'a.pdf', content: 'AAAA' })) }))),
    ).toMatchObject({ code: 'TOO_LARGE', facts: { value: '11', rule: '10' } })
    expect(
      await refused(json(petition({ files: [file, file, file, { name: 'b.pdf', content: 'AAAA' }] }))),
    ).toMatchObject({ code: 'TOO_LARGE', facts: { field: 'files' } })
    expect((await json(petition({ files: [file, file, file] }))).petition.files).toHaveLength(3)
  })

  it('never says contact data in an error', async () => {
    const { petitioner } = petition()
    const wrong = {
      ...petition(),
      petitioner: {
        ...petitioner,
        name: '张三丰'.repeat(30),
        phone: '13800001234567',
        idNumber: '999999198001010010',
        email: 'zhang@',
        address: '项城市人民路一号院三单元\u0000',
      },
    }
    const error = await refused(json(wrong))
    const told = JSON.stringify([error, 'faults' in error ? error.faults : [], error.message])
    expect(told).toContain('petitioner.phone')
    for (const secret of ['张三丰张', '13800001234', '19800101', 'zhang@', '一号院']) expect(told).not.toContain(secret)
  })

  it('does not quote broken JSON, whatever stands in it', async () => {
    const error = await refused(json('{"petitioner":{"phone":13800001234 "name":"张三丰"}}'))
    expect(error).toMatchObject({
      code: 'JSON_MALFORMED',
      facts: { detail: expect.stringContaining('position') as string },
    })
    expect(error.message).not.toMatch(/1380000|张三/)
  })

  it('is refused in other encodings and media types', async () => {
    expect(await refused(json(petition(), 'application/json; charset=gbk'))).toMatchObject({ code: 'ENCODING_UNKNOWN' })
    expect(
      await refused(readSubmission('application/json', Buffer.from([0x22, 0xd5, 0xc5, 0x22]), config)),
    ).toMatchObject({ code: 'ENCODING_INVALID' })
    for (const type of ['text/plain', '', 'application/x-www-form-urlencoded', 'application/jsonp'])
      expect(await refused(json(petition(), type))).toMatchObject({ code: 'MEDIA_TYPE_UNSUPPORTED', status: 415 })
  })

  it('keeps nothing of a path in a file’s name', async () => {
    const names = ['C:\\Users\\zhang\\照片.jpg', '../../etc/照片.jpg', '/照片.jpg']
    const { petition: read } = await json(petition({ files: names.map((name) => ({ name, content: 'AAAA' })) }))
    expect(read.files.map((file) => file.name)).toEqual(['照片.jpg', '照片.jpg', '照片.jpg'])
    expect(await refused(json(petition({ files: [{ name: '../..', content: 'AAAA' }] })))).toMatchObject({
      facts: { field: 'files.0.name' },
    })
    expect(await refused(json(petition({ files: [{ name: 'gpj.\u202eexe.pdf', content: 'AAAA' }] })))).toMatchObject({
      facts: { field: 'files.0.name' },
    })
  })

  it('as a form may have empty optional fields and an empty file, and nothing twice', async () => {
    const part = (name: string, value: string, more = ''): string =>
      `--b\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n${value}\r\n`
    const { petitioner } = petition()
    const fields = [
      ['purpose', '咨询'],
      ['title', '标题'],
      ['text', '一\r\n二'],
      ['category', '990000'],
      ['petitioner.name', petitioner.name],
      ['petitioner.phone', petitioner.phone],
      ['petitioner.email', ''],
      ['place.name', '项城市'],
      ['_charset_', 'UTF-8'],
      ['publish', '是'],
    ]
    const body = fields.map(([name = '', value = '']) => part(name, value)).join('')
    const read = (text: string): ReturnType<typeof readSubmission> =>
      readSubmission('multipart/form-data; boundary=b', Buffer.from(`${text}--b--\r\n`), config)
    const { petition: found } = await read(body + part('files', '', '; filename=""'))
    expect(found).toMatchObject({ text: '一\n二', publish: true, files: [] })
    expect(found.petitioner.email).toBeUndefined()
    expect(await refused(read(body + part('title', '再来')))).toMatchObject({
      facts: { field: 'title', rule: expect.stringContaining('once') as string },
    })
    expect(await refused(read(body + part('__proto__', '1')))).toMatchObject({ facts: { field: '__proto__' } })
    expect(await refused(read(body.replace(/name="title"\r\n\r\n标题/, 'name="title"\r\n\r\n\ufffd')))).toMatchObject({
      code: 'ENCODING_INVALID',
    })
    expect(await refused(readSubmission('multipart/form-data', Buffer.from(body), config))).toMatchObject({
      code: 'MULTIPART_MALFORMED',
    })
    expect(await refused(readSubmission('multipart/form-data; boundary=b', Buffer.from(body), config))).toMatchObject({
      code: 'MULTIPART_MALFORMED',
    })
  })
})

it('identity numbers are checked by GB 11643', () => {
  expect(isIdNumber(ID_NUMBER)).toBe(true)
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 9 }), (at, digit) => {
      const changed = ID_NUMBER.slice(0, at) + String(digit) + ID_NUMBER.slice(at + 1)
      expect(isIdNumber(changed)).toBe(changed === ID_NUMBER)
    }),
  )
})

describe('nothing that was meant is lost', () => {
  const part = (disposition: string, value: string): string =>
    `--b\r\nContent-Disposition: ${disposition}\r\n\r\n${value}\r\n`
  const head = [
    'purpose=检举控告',
    'title=标题',
    'text=内容',
    'category=990000',
    'place.name=市本级',
    'petitioner.name=张三',
    'petitioner.phone=13800001234',
  ]
    .map((pair) => pair.split('='))
    .map(([name = '', value = '']) => part(`form-data; name="${name}"`, value))
    .join('')
  const form = (last: string): ReturnType<typeof readSubmission> =>
    readSubmission('multipart/form-data; boundary=b', Buffer.from(`${head}${last}--b--`), config)

  it('where the accused field comes as a file', async () => {
    for (const disposition of [
      `form-data; name="accused"; filename*=GBK''x`,
      'form-data; name="accused"; filename="x.jpg"',
      'form-data; name="Accused"; filename="x.jpg"',
      'form-data; name="accused"; filename=""',
      'form-data; name="petitioner.name"; filename="x.jpg"',
    ]) {
      const error = await refused(form(part(disposition, '市住建局')))
      expect(error, disposition).toMatchObject({
        code: 'FIELD_INVALID',
        facts: { rule: expect.stringContaining('not a file') as string },
      })
    }
    expect(await refused(form(part('form-data; name="accused"; filename=""', '')))).toMatchObject({
      facts: { field: 'accused' },
    })
  })

  it('where its header is written in an unusual way', async () => {
    for (const disposition of ['form-data; name=accused', 'attachment; name="accused"', 'form-data; name="accused";'])
      expect((await form(part(disposition, '市住建局'))).petition.accused, disposition).toBe('市住建局')
  })

  it('where JSON names a member twice, at any depth', async () => {
    const whole = JSON.stringify(petition({ accused: '市住建局' }))
    const twice = whole.replace('{', '{"accused":"",')
    expect(await refused(json(twice))).toMatchObject({ code: 'JSON_MALFORMED', facts: { field: 'accused' } })
    const escaped = whole.replace('{', '{"\\u0061ccused":"",')
    expect(await refused(json(escaped))).toMatchObject({ code: 'JSON_MALFORMED', facts: { field: 'accused' } })
    const deep = whole.replace('"petitioner":{', '"petitioner":{"name":"李四",')
    expect(await refused(json(deep))).toMatchObject({ code: 'JSON_MALFORMED', facts: { field: 'name' } })
    const text = '{"accused":"a","accused":"b"}'
    expect((await json(petition({ text }))).petition.text).toBe(text)
  })
})
