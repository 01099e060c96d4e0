import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import ssh2 from 'ssh2'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CODES, requestPacket, wireAttributes } from '../../lib/sftp-wire.ts'
import { until } from '../../lib/wait.ts'
import { hostKeys } from '../../../adapters/files/ssh/host-keys.ts'
import type { City } from '../../../station/city.ts'
import { proofOf } from '../../../station/setup/proof.ts'
import { PASSWORD } from '../oa/lib/house.ts'
import { channelOf, FilesRig, submission } from './lib/rig.ts'

/** Of ssh2's generator some cannot be read again. */
function keyPair(): ReturnType<typeof ssh2.utils.generateKeyPairSync> {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync('ed25519', { comment: 'tax' })
    if (!(ssh2.utils.parseKey(pair.private) instanceof Error)) return pair
  }
}
const key = keyPair()
const other = keyPair()

let rig: FilesRig
beforeAll(async () => {
  rig = await FilesRig.open({
    keys: [key.public.trim()],
    settings: {
      abandonedMs: 200,
      ready: 'marker',
      limits: {
        handles: 4,
        waitingFiles: 5,
        waitingBytes: 9_000,
        fileBytes: 6_000,
        strangers: 3,
        accountConnections: 3,
      },
    },
  })
})
afterAll(() => rig.close())

const rejected = (): readonly unknown[] =>
  rig.t.events.filter(({ code }) => code === 'account.rejected').map(({ actor, error }) => [actor, error])
const OPEN = 2 | 8 | 16

describe('who gets in', () => {
  it('is whoever has the account’s password, however it is asked for, or its key', async () => {
    for (const auth of [{ password: PASSWORD }, { privateKey: key.private }]) {
      const client = await rig.sftp('tax', auth)
      expect(await client.list('/out')).toEqual([])
    }
    const asked = new ssh2.Client()
    asked.on('keyboard-interactive', (_name, _text, _language, _prompts, finish) => finish([PASSWORD]))
    asked.connect({ host: '127.0.0.1', port: rig.port, username: 'land', tryKeyboard: true })
    await once(asked, 'ready')
    asked.end()
    expect(rejected()).toEqual([])
  })

  it('is nobody with another password or key, of another system, or with a key of somebody else', async () => {
    const tries: (readonly [string, object])[] = [
      ['tax', { password: 'wrong' }],
      ['land', { privateKey: key.private }],
      ['tax', { privateKey: other.private }],
      ['office', { password: PASSWORD }],
      ['nobody', { password: PASSWORD }],
    ]
    for (const [name, auth] of tries)
      await expect(rig.connect(name, auth)).rejects.toThrow(/authentication methods failed/)
    await until(() => rejected().length === tries.length, { what: 'all rejections booked' })
    expect(rejected()).toEqual(tries.map(([name]) => [name, 'UNAUTHENTICATED']))
  })

  it('waits longer and longer after wrong passwords, and this account from here only', async () => {
    for (let tries = 0; tries < 5; tries++)
      await expect(rig.connect('both', { password: `wrong ${tries}` })).rejects.toThrow()
    await expect(rig.connect('both')).rejects.toThrow()
    expect(rejected().at(-1)).toEqual(['both', 'ACCOUNT_WAITS'])
    rig.t.clock.skew += 6_000
    expect(await (await rig.sftp('both')).list('/errors')).toEqual([])
  })

  it('is proven by the line that `yizhan account add` gives', () => {
    const config = rig.t.house.city()
    const [account] = config.accounts.filter(({ id }) => id === 'land')
    const city = { config, station: config.station } as unknown as City
    expect(account && proofOf(city, account, PASSWORD)).toBe(`sftp -P ${rig.port} land@127.0.0.1:in/`)
  })

  it('shows keys that only its owner can read, the same after a restart', async () => {
    for (const file of ['host_ed25519', 'host_rsa'])
      expect((await stat(join(rig.t.folder, file))).mode & 0o777).toBe(0o600)
    const seen = async (): Promise<string> => {
      let found = ''
      await rig.connect('tax', {
        password: PASSWORD,
        hostVerifier: (shown: Buffer) => (found = shown.toString('hex')) !== '',
      })
      return found
    }
    const before = await seen()
    await rig.restart()
    expect(await seen()).toBe(before)
  })

  it('is refused by name where a host key cannot be read', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yizhan-host-'))
    await writeFile(join(folder, 'host_rsa'), 'no key')
    await expect(hostKeys(folder)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { field: join(folder, 'host_rsa') },
    })
    await rm(folder, { recursive: true })
  })
})

describe('limits', () => {
  it('hold for handles, files, sizes, names and depth, each named in the answer', async () => {
    const client = await rig.sftp('tax')
    const refusal = async (path: string | Buffer, flags = OPEN): Promise<string> => {
      const answer = await client.request('open', path, flags, wireAttributes())
      if (answer.type === 'handle') await client.status('close', answer.handle)
      return answer.type === 'status' ? answer.message : ''
    }
    const handles: Buffer[] = []
    for (let count = 0; count < 4; count++) handles.push(await client.open(`/out/h${count}`, OPEN))
    expect(await refusal('/out/h5')).toContain('settings.limits.handles')
    const [first = Buffer.alloc(0)] = handles
    expect(await client.request('write', first, 5_999n, Buffer.alloc(2))).toMatchObject({
      message: expect.stringContaining('settings.limits.fileBytes') as unknown,
    })
    expect(await client.status('fsetstat', first, wireAttributes({ size: 2 ** 40 }))).toBe(4)
    expect(await client.status('write', first, 0n, Buffer.alloc(6_000))).toBe(0)
    expect(await client.request('write', handles[1] ?? first, 0n, Buffer.alloc(5_000))).toMatchObject({
      message: expect.stringContaining('settings.limits.waitingBytes') as unknown,
    })
    for (const handle of handles) await client.status('close', handle)
    await client.put('/out/h4', Buffer.from('x'))
    expect(await refusal('/out/h5')).toContain('settings.limits.waitingFiles')
    expect(await refusal(`/out/${'长'.repeat(86)}`)).toContain('255')
    expect(await refusal(`/out/${'a/'.repeat(600)}`)).toContain('1024')
    expect(await refusal('/out/a/b/c/d')).toContain('4 级')
    expect(await refusal('/out/a\u0007b')).toContain('FILES_PATH')
    for (let count = 0; count < 5; count++) expect(await client.status('remove', `/out/h${count}`)).toBe(0)
  })

  it('hold for connections that do not log in, and for those of one account', async () => {
    const strangers = await Promise.all(
      Array.from({ length: 6 }, async () => {
        const socket = connect(rig.port, '127.0.0.1')
        await once(socket, 'connect')
        return socket
      }),
    )
    const ends = await Promise.all(
      strangers.map(async (socket) => {
        // A greeting means that it was let in.
        const [said] = (await Promise.race([once(socket, 'data'), once(socket, 'close')])) as [Buffer | boolean]
        return typeof said !== 'boolean'
      }),
    )
    expect(ends.filter(Boolean).length).toBeLessThanOrEqual(3)
    for (const socket of strangers) socket.destroy()
    const good = await until(() => rig.sftp('land'), { what: 'room for another' })
    await rig.connect('land')
    await rig.connect('land')
    const fourth = await rig.connect('land')
    await once(fourth, 'close')
    expect(await good.list('/out')).toEqual([])
  })
})

describe('whatever a client sends', () => {
  it('is answered or ends its connection, and nobody else’s', async () => {
    const healthy = await rig.sftp('tax')
    const names = fc.constantFrom('/', '/out', '/in/x', '/out/../../etc', '//out//', 'out/.', '/receipts', '\u0000', '')
    const odd = fc.oneof(
      fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
      names.map((name) => Buffer.from(name)),
    )
    const packet = fc
      .tuple(fc.constantFrom(...Object.values(CODES), 99, 0), fc.array(odd, { maxLength: 3 }), fc.nat(0xffffffff))
      .map(([code, parts, number]) => requestPacket(code, [number, ...parts, number, BigInt(number)]))
    await fc.assert(
      fc.asyncProperty(
        fc.array(packet, { minLength: 1, maxLength: 12 }),
        fc.uint8Array({ maxLength: 40 }),
        async (all, tail) => {
          const client = await rig.connect('both')
          const channel = await channelOf(client)
          channel.on('error', () => undefined)
          channel.resume()
          const closed = once(channel, 'close')
          channel.write(Buffer.concat([requestPacket(CODES.init, [3]), ...all, Buffer.from(tail)]))
          channel.end()
          await closed
          client.end()
          await once(client, 'close')
        },
      ),
      { numRuns: 25 },
    )
    expect(await healthy.list('/in')).toEqual([])
    expect(rig.t.events.filter(({ code }) => code === 'internal.error')).toEqual([])
  })
})

describe('what was never ready', () => {
  it('is wiped after its time, and errors/ says so; what is cut off in the middle is not judged', async () => {
    rig.leave()
    const cut = await until(() => rig.sftp('tax'), { what: 'room for another' })
    const handle = await cut.open('/out/half.xml', OPEN)
    await cut.status('write', handle, 0n, submission('一半', '市国土局').subarray(0, 100))
    await cut.put('/out/half.xml.ok', Buffer.alloc(0))
    await cut.put('/out/alone.pdf', Buffer.from('nobody names it'))
    rig.leave()
    rig.t.clock.skew += 60_000
    await rig.restart()
    rig.t.clock.skew += 60_000
    const again = await rig.sftp('tax')
    const names = async (): Promise<string[]> => (await again.list('/errors')).map((name) => name.toString())
    await until(async () => (await names()).includes('alone.txt'), { what: 'the note', everyMs: 200 })
    expect(rig.t.refused()).toEqual([])
    expect(rig.t.events.some(({ code }) => code === 'files.abandoned')).toBe(true)
    await until(async () => (await readdir(join(rig.t.folder, 'spool'))).length === 0, { what: 'an empty spool' })
  })
})

describe('an account', () => {
  it('is no faster than it may be, and whoever asks for nothing is let go', async () => {
    const slow = await FilesRig.open({ settings: { limits: { bytesPerSecond: 40_000, idleMs: 1_200 } } })
    try {
      const gone = once(await slow.connect('tax'), 'close')
      const wire = await slow.sftp('land')
      const started = performance.now()
      await wire.put('/out/large.txt', Buffer.alloc(85_000))
      // A second's worth may come at once.
      expect(performance.now() - started).toBeGreaterThan(1_000)
      await gone
    } finally {
      await slow.close()
    }
  })
})
