import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { CallTls } from '../../core/config/call-tls.ts'
import { mailSchema } from '../../adapters/mail/config.ts'
import { messageIdOf, type Mail } from '../../adapters/mail/message.ts'
import { MailSender } from '../../adapters/mail/sender.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { MailBoxes } from '../../sandbox/mail/boxes.ts'
import { MAIL_MOODS, SandboxMailServer, type MailServerOptions } from '../../sandbox/mail/server.ts'

/** The mail sender over real SMTP: the sandbox's server (smtp-server) and bare sockets that break the protocol. */

const TO = 'ban@example.org'
const MAIL: Mail = {
  to: { address: TO, name: '张主任' },
  subject: '催办：请签收周政办〔2011〕83号',
  text: '请登录公文交换平台签收。\n.\n..以点开头的行\n',
}
const never = new AbortController().signal
/** For a server that will not answer; to one that does, a busy machine may take its time. */
const IMPATIENT = { connectTimeoutMs: 1_000, silenceTimeoutMs: 1_000 }

let folder: string
let boxes: MailBoxes
let server: SandboxMailServer
let sender: MailSender | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mail-'))
  boxes = new MailBoxes(folder)
})
afterEach(async () => {
  await sender?.close()
  sender = undefined
  await server.switchOff()
  await boxes.close()
  rmSync(folder, { recursive: true })
})

async function start(options: Partial<MailServerOptions> = {}): Promise<void> {
  server = new SandboxMailServer({ boxes, ...options })
  await server.switchOn()
}

function open(
  { tls, ...changes }: { readonly tls?: CallTls; readonly [key: string]: unknown } = {},
  port = server.port,
  password = 'secret',
): MailSender {
  const config = mailSchema.parse({
    host: '127.0.0.1',
    port,
    from: { address: 'gw@city.example', name: '公文交换平台' },
    connectTimeoutMs: 20_000,
    silenceTimeoutMs: 20_000,
    ...changes,
  })
  sender = new MailSender({
    system: 'mail',
    config,
    tls,
    password: () => password,
    clock: { now: () => Date.UTC(2026, 0, 5) },
  })
  return sender
}

async function failure(sending: Promise<unknown>): Promise<YizhanError> {
  const error = await sending.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof YizhanError)) throw new Error(`expected a failure, not ${String(error)}`)
  return error
}

describe('a mail', () => {
  it('arrives with its Chinese subject, names, text and attachments, and its delivery’s Message-ID', async () => {
    await start()
    const bytes = Buffer.from('附件内容'.repeat(5_000))
    const { remoteId } = await open().send(
      'd-1/office',
      { ...MAIL, attachments: [{ name: '会议通知（最终稿）.pdf', mediaType: 'application/pdf', bytes }] },
      never,
    )
    expect(remoteId).toMatch(/^250 /)
    const [kept] = boxes.mails(TO)
    expect(kept).toMatchObject({
      unit: TO,
      sequence: 1,
      title: MAIL.subject,
      id: messageIdOf('d-1/office', 'gw@city.example'),
      from: '公文交换平台 <gw@city.example>',
    })
    expect(kept?.text.trimEnd()).toBe(MAIL.text.trimEnd())
    expect(kept?.files).toEqual([
      { name: '会议通知（最终稿）.pdf', size: bytes.length, digest: createHash('sha256').update(bytes).digest('hex') },
    ])
    const file = JSON.parse(readFileSync(join(folder, TO, '00001.json'), 'utf8')) as object
    expect(file).toEqual(kept)
  })

  it('that is sent again is recognised by the mailbox, also after it was restarted', async () => {
    await start()
    await open().send('d-1', MAIL, never)
    await open().send('d-1', MAIL, never)
    await open().send('d-2', MAIL, never)
    expect([boxes.mails(TO).length, boxes.repeated(TO)]).toEqual([2, 1])
    await boxes.close()
    const again = new MailBoxes(folder)
    expect([again.mails(TO).length, again.repeated(TO)]).toEqual([2, 1])
    boxes = again
  })

  it('keeps any subject and text, and lets nothing into the headers', async () => {
    await start()
    const open1 = open()
    let n = 0
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 80 }),
        fc.string({ maxLength: 200 }),
        async (subject, text) => {
          const clean = text.toWellFormed().replace(/\r\n?/g, '\n')
          const before = boxes.mails(TO).length
          await open1.send(
            `p-${n++}`,
            { to: { address: TO, name: subject }, subject: `题${subject}\r\nBcc: x@example.org`, text: clean },
            never,
          )
          const kept = boxes.mails(TO)[before]
          expect(kept?.title.replace(/\s+/g, ' ').trim()).toBe(
            `题${subject} Bcc: x@example.org`.replace(/[\p{Cc}\s]+/gu, ' ').trim(),
          )
          expect(kept?.text.trimEnd()).toBe(clean.trimEnd())
        },
      ),
      { numRuns: 40 },
    )
    expect(readdirSync(folder)).toEqual([TO])
  })

  it('is refused before anything is sent where its address is none', async () => {
    await start()
    for (const address of [
      '',
      'x',
      'a b@example.org',
      'a@b\r\nRCPT TO:<c@d>',
      '张@example.org',
      `${'a'.repeat(65)}@example.org`,
      '<a@example.org>',
      'a@example.org,b@example.org',
      `a@${'a'.repeat(240)}!`,
    ]) {
      const error = await failure(open().send('d', { ...MAIL, to: { address } }, never))
      expect([error.code, error.retryable, error.inDoubt], address).toEqual(['MAIL_ADDRESS_INVALID', false, false])
    }
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('what became of a mail that failed', () => {
  const kinds = (error: YizhanError): unknown[] => [
    error.code,
    error.inDoubt ? 'in doubt' : error.retryable ? 'retry' : 'refused',
  ]

  it('is retried when the server is off, silent, busy or speaks no SMTP, and arrives when it is back', async () => {
    await start()
    const open1 = open()
    await server.switchOff()
    expect(kinds(await failure(open1.send('d-1', MAIL, never)))).toEqual(['SYSTEM_UNREACHABLE', 'retry'])
    await server.switchOn()
    server.mood = 'silent'
    expect(kinds(await failure(open(IMPATIENT).send('d-1', MAIL, never)))).toEqual(['SYSTEM_TIMEOUT', 'retry'])
    server.mood = 'garbage'
    expect(kinds(await failure(open1.send('d-1', MAIL, never)))).toEqual(['SYSTEM_FAULT', 'retry'])
    server.mood = 'defer'
    expect(kinds(await failure(open1.send('d-1', MAIL, never)))).toEqual(['MAIL_DEFERRED', 'retry'])
    expect(boxes.mails(TO)).toHaveLength(0)
    server.mood = 'well'
    await open1.send('d-1', MAIL, never)
    expect(boxes.mails(TO)).toHaveLength(1)
    expect(MAIL_MOODS).toContain(server.mood)
  })

  it('is a refusal when the server knows no such mailbox or the mail is too large', async () => {
    await start()
    server.mood = 'refuse'
    const error = await failure(open().send('d-1', MAIL, never))
    expect([...kinds(error), error.facts.detail]).toEqual(['SYSTEM_REFUSED', 'refused', `550 no such mailbox ${TO}`])
    server.mood = 'well'
    const bytes = Buffer.alloc(16 * 1024 * 1024)
    expect(
      kinds(
        await failure(
          open().send('d-2', { ...MAIL, attachments: [{ name: 'x.zip', mediaType: 'application/zip', bytes }] }, never),
        ),
      ),
    ).toEqual(['SYSTEM_REFUSED', 'refused'])
  })

  it('is in doubt when no reply comes to its text: it may have arrived, and a second copy is recognised', async () => {
    await start()
    server.mood = 'mute'
    const kept = new Promise((resolve) => boxes.once('kept', resolve))
    expect(
      kinds(await failure(open({ connectTimeoutMs: 20_000, silenceTimeoutMs: 2_000 }).send('d-1', MAIL, never))),
    ).toEqual(['SYSTEM_TIMEOUT', 'in doubt'])
    await kept
    expect(boxes.mails(TO)).toHaveLength(1)
    server.mood = 'well'
    await open().send('d-1', MAIL, never)
    expect([boxes.mails(TO).length, boxes.repeated(TO)]).toEqual([1, 1])
  })

  it('stops with the signal’s reason, which keeps its doubt only where the text had begun to leave', async () => {
    await start()
    const late = (): YizhanError =>
      new YizhanError('SYSTEM_TIMEOUT', { field: 'mail', rule: '1 ms' }, { inDoubt: true })
    for (const [mood, doubt] of [
      ['silent', false],
      ['mute', true],
    ] as const) {
      server.mood = mood
      const controller = new AbortController()
      const sending = open({ connectTimeoutMs: 20_000, silenceTimeoutMs: 20_000 }).send(
        `d-${mood}`,
        MAIL,
        controller.signal,
      )
      if (doubt) await new Promise((resolve) => boxes.once('kept', resolve))
      controller.abort(late())
      expect((await failure(sending)).inDoubt, mood).toBe(doubt)
    }
    const aborted = AbortSignal.abort(late())
    expect((await failure(open().send('d', MAIL, aborted))).inDoubt).toBe(false)
  })

  it.each<[string, string[], string, string]>([
    ['hangs up instead of a greeting', [''], 'SYSTEM_UNREACHABLE', 'retry'],
    ['has no service', ['554 no service\r\n'], 'SYSTEM_FAULT', 'retry'],
    ['refuses EHLO and HELO', ['220 x\r\n', '502 no\r\n', '502 no\r\n'], 'SYSTEM_FAULT', 'retry'],
    ['refuses the sender', ['220 x\r\n', '250 x\r\n', '553 sender\r\n'], 'SYSTEM_REFUSED', 'refused'],
    ['wants a login', ['220 x\r\n', '250 x\r\n', '530 login first\r\n'], 'SYSTEM_FAULT', 'retry'],
    ['refuses DATA', ['220 x\r\n', '250 x\r\n', '250 ok\r\n', '250 ok\r\n', '554 no\r\n'], 'SYSTEM_REFUSED', 'refused'],
    [
      'refuses the text',
      ['220 x\r\n', '250 x\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n', '554 spam\r\n'],
      'SYSTEM_REFUSED',
      'refused',
    ],
    [
      'is full',
      ['220 x\r\n', '250 x\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n', '452 full\r\n'],
      'MAIL_DEFERRED',
      'retry',
    ],
    ['greylists', ['220 x\r\n', '250 x\r\n', '250 ok\r\n', '450 4.2.0 later\r\n'], 'MAIL_DEFERRED', 'retry'],
    ['stops', ['220 x\r\n', '250 x\r\n', '421 closing\r\n'], 'SYSTEM_FAULT', 'retry'],
    [
      'replies nonsense to the text',
      ['220 x\r\n', '250 x\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n', 'wat\r\n'],
      'SYSTEM_FAULT',
      'in doubt',
    ],
    [
      'hangs up after the text',
      ['220 x\r\n', '250 x\r\n', '250 ok\r\n', '250 ok\r\n', '354 go\r\n', ''],
      'SYSTEM_UNREACHABLE',
      'in doubt',
    ],
  ])('is sorted when the server %s', async (_, script, code, kind) => {
    await start()
    const sockets: Socket[] = []
    const scripted = createServer((socket) => {
      sockets.push(socket)
      socket.on('error', () => socket.destroy())
      const lines = [...script]
      const next = (): void => {
        const line = lines.shift()
        if (line === '') socket.end()
        else if (line !== undefined) socket.write(line)
      }
      let inText = false
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString('latin1')
        if (inText ? !text.endsWith('\r\n.\r\n') : !text.endsWith('\r\n')) return
        inText = text === 'DATA\r\n'
        text = ''
        next()
      })
      next()
    })
    await new Promise<void>((resolve) => scripted.listen(0, '127.0.0.1', resolve))
    try {
      expect(kinds(await failure(open({}, (scripted.address() as AddressInfo).port).send('d', MAIL, never)))).toEqual([
        code,
        kind,
      ])
    } finally {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => scripted.close(resolve))
    }
  })
})

describe('security', () => {
  let tls: { key: string; cert: string }
  let caFile: string
  let certificates: string
  beforeAll(() => {
    certificates = mkdtempSync(join(tmpdir(), 'mail-ca-'))
    caFile = join(certificates, 'cert.pem')
    const key = join(certificates, 'key.pem')
    execFileSync(
      'openssl',
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '2',
        '-keyout',
        key,
        '-out',
        caFile,
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=DNS:localhost,IP:127.0.0.1',
      ],
      { stdio: 'ignore' },
    )
    tls = { key: readFileSync(key, 'utf8'), cert: readFileSync(caFile, 'utf8') }
  })
  afterAll(() => rmSync(certificates, { recursive: true }))

  it('sends with STARTTLS and with TLS, and logs in', async () => {
    const login = { username: 'gw', password: 'secret' }
    await start({ tls, login })
    await open({ security: 'starttls', tls: { caFile }, username: 'gw' }).send('d-1', MAIL, never)
    await server.switchOff()
    await start({ tls: { ...tls, implicit: true }, login })
    await open({ security: 'tls', tls: { caFile }, username: 'gw' }).send('d-2', MAIL, never)
    expect(boxes.mails(TO)).toHaveLength(2)
  })

  it('a wrong password is retried, and says so without the password', async () => {
    await start({ tls, login: { username: 'gw', password: 'secret' } })
    const error = await failure(
      open({ security: 'starttls', tls: { caFile }, username: 'gw' }, server.port, 'wrong-password').send(
        'd',
        MAIL,
        never,
      ),
    )
    expect([error.code, error.retryable, error.inDoubt]).toEqual(['SYSTEM_FAULT', true, false])
    expect(error.message).toContain('535')
    expect(`${error.message} ${String(error.cause)}`).not.toContain('wrong-password')
  })

  it('sends nothing to a server that offers no STARTTLS or has a certificate that nobody vouches for', async () => {
    await start()
    expect((await failure(open({ security: 'starttls' }).send('d', MAIL, never))).code).toBe('MAIL_NOT_SECURE')
    await server.switchOff()
    await start({ tls })
    const unknown = await failure(open({ security: 'starttls' }).send('d', MAIL, never))
    expect([unknown.code, unknown.retryable, unknown.inDoubt]).toEqual(['MAIL_NOT_SECURE', true, false])
    const named = await failure(
      open({ security: 'starttls', tls: { caFile, serverName: 'mail.example.org' } }).send('d', MAIL, never),
    )
    expect(named.code).toBe('MAIL_NOT_SECURE')
    expect(readdirSync(folder)).toEqual([])
  })

  it('misses a file of certificates when it sends and not before, names it, and goes on when it is there', async () => {
    await start({ tls })
    const later = join(certificates, 'later.pem')
    const waiting = open({ security: 'starttls', tls: { caFile: later } })
    const error = await failure(waiting.send('d', MAIL, never))
    expect([error.code, error.retryable, error.inDoubt]).toEqual(['MAIL_NOT_SECURE', true, false])
    expect(error.message).toContain(`caFile ${later}`)
    writeFileSync(later, 'no certificate')
    expect((await failure(waiting.send('d', MAIL, never))).code).toBe('MAIL_NOT_SECURE')
    writeFileSync(later, tls.cert)
    await waiting.send('d', MAIL, never)
    expect(boxes.mails(TO)).toHaveLength(1)
  })
})
