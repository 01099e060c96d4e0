import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { PresenceFilter } from 'ldapts'
import { afterEach, describe, expect, it } from 'vitest'
import { directoryClient } from '../../../adapters/directory/client.ts'
import { type DirectoryConfig, directorySchema } from '../../../adapters/directory/config.ts'
import { entry, message, octets, pagingControl, result, tlv } from './lib/ber.ts'

const filter = new PresenceFilter({ attribute: 'objectClass' })
interface Served {
  readonly config: DirectoryConfig
  readonly connections: () => number
  readonly heard: Buffer[]
}

/** an entry whose only value claims two thousand million bytes */
const bottomless = tlv(
  0x64,
  octets('dc=x'),
  tlv(0x30, tlv(0x30, octets('ou'), tlv(0x31, Buffer.from([0x04, 0x84, 0x7f, 0xff, 0xff, 0xff])))),
)

const search = { base: 'dc=x', scope: 'sub', filter, attributes: ['ou'] } as const
const patience = (): AbortSignal => AbortSignal.timeout(20_000)

describe('a server that does not keep to the protocol', () => {
  let server: Server | undefined
  const sockets = new Set<Socket>()

  afterEach(async () => {
    for (const socket of sockets) socket.destroy()
    server?.close()
    if (server?.listening === true) await once(server, 'close')
  })

  /** @param answer what is sent for the nth request of a connection, from 1; the number is the message's */
  async function serve(
    answer: (nth: number, id: number, socket: Socket) => Buffer | undefined,
    more: object = {},
  ): Promise<Served> {
    let connections = 0
    const heard: Buffer[] = []
    server = createServer((socket) => {
      connections++
      sockets.add(socket)
      let nth = 0
      socket.on('error', () => socket.destroy())
      socket.on('data', (bytes) => {
        heard.push(bytes)
        const reply = answer(++nth, bytes[bytes.indexOf(0x02) + 2] ?? 0, socket)
        if (reply !== undefined && !socket.destroyed) socket.write(reply)
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    return {
      config: directorySchema.parse({
        url: `ldap://127.0.0.1:${port}`,
        base: 'dc=x',
        bindDn: 'cn=s',
        timeoutMs: 15_000,
        ...more,
      }),
      connections: () => connections,
      heard,
    }
  }

  const bindOk = (id: number): Buffer => message(id, result(0x61, 0))
  const read = (config: DirectoryConfig) =>
    directoryClient(config, () => 'secret').session(patience(), (session) => session.all(search))

  it('cannot make it loop with an attribute that claims more than it holds', async () => {
    const { config } = await serve((nth, id) => (nth === 1 ? bindOk(id) : message(id, bottomless)))
    await expect(read(config)).rejects.toMatchObject({ code: 'DIRECTORY_GARBLED', retryable: true })
  })

  it.each([
    ['text', Buffer.from('220 mail.example ESMTP\r\n')],
    ['zeros', Buffer.alloc(4_096)],
    ['an endless message', Buffer.from([0x30, 0x84, 0x7f, 0xff, 0xff, 0xff])],
  ])('is found out when it answers with %s', async (_what, bytes) => {
    const { config } = await serve(() => bytes)
    await expect(read(config)).rejects.toMatchObject({
      code: expect.stringMatching(/^DIRECTORY_(GARBLED|TOO_LARGE)$/) as string,
    })
  })

  it('cannot fill the memory with entries', async () => {
    const one = (id: number, at: number): Buffer => message(id, entry(`ou=${at},dc=x`, { ou: ['x'.repeat(500)] }))
    const page = (id: number): Buffer => Buffer.concat(Array.from({ length: 200 }, (_, at) => one(id, at)))
    const { config } = await serve((nth, id) => (nth === 1 ? bindOk(id) : page(id)), {
      limits: { answerBytes: 50_000 },
    })
    await expect(read(config)).rejects.toMatchObject({ code: 'DIRECTORY_TOO_LARGE' })
  })

  it('cannot send pages for ever', async () => {
    const page = (id: number): Buffer =>
      Buffer.concat([
        message(id, entry('ou=a,dc=x', { ou: ['a'] })),
        message(id, result(0x65, 0), pagingControl('again')),
      ])
    const { config } = await serve((nth, id) => (nth === 1 ? bindOk(id) : page(id)), { limits: { entries: 50 } })
    await expect(read(config)).rejects.toMatchObject({ code: 'DIRECTORY_TOO_LARGE' })
  })

  it('is not believed when an empty page is followed by another', async () => {
    const { config } = await serve((nth, id) =>
      nth === 1 ? bindOk(id) : message(id, result(0x65, 0), pagingControl('more')),
    )
    await expect(read(config)).rejects.toMatchObject({ code: 'SYSTEM_FAULT', retryable: true })
  })

  it('gets no second connection, on which nobody would be bound, when it hangs up', async () => {
    const { config, connections } = await serve((_nth, id, socket) => {
      socket.end(bindOk(id))
      return undefined
    })
    await expect(read(config)).rejects.toMatchObject({ code: 'SYSTEM_UNREACHABLE' })
    expect(connections()).toBe(1)
  })

  it('hears no password when it refuses StartTLS, or hangs up after it', async () => {
    for (const answer of [(id: number) => message(id, result(0x78, 2)), undefined]) {
      const { config, connections, heard } = await serve(
        (_nth, id, socket) => {
          if (answer === undefined) socket.end(message(id, result(0x78, 0)))
          return answer?.(id)
        },
        { startTls: true },
      )
      const client = directoryClient(config, () => 'secret')
      await expect(client.verify('uid=a,dc=x', 'secret', patience())).rejects.toMatchObject({
        code: expect.stringMatching(/^(DIRECTORY_TLS|SYSTEM_UNREACHABLE)$/) as string,
      })
      expect(connections()).toBe(1)
      expect(Buffer.concat(heard).includes('secret')).toBe(false)
      server?.close()
    }
  })

  it('cannot slip plain bytes in behind its answer to StartTLS', async () => {
    const { config } = await serve(
      (_nth, id) => Buffer.concat([message(id, result(0x78, 0)), message(id + 1, result(0x61, 0)).subarray(0, 5)]),
      { startTls: true },
    )
    await expect(read(config)).rejects.toMatchObject({ code: 'DIRECTORY_GARBLED' })
  })

  it.each([
    [51, 'SYSTEM_FAULT', true],
    [49, 'DIRECTORY_BIND_REFUSED', false],
    [53, 'DIRECTORY_BIND_REFUSED', false],
  ])('is understood when it answers a bind with %i', async (code, expected, retryable) => {
    const { config } = await serve((_nth, id) => message(id, result(0x61, code)))
    await expect(read(config)).rejects.toMatchObject({ code: expected, retryable })
  })

  it.each([
    [4, 'DIRECTORY_TOO_LARGE', false],
    [32, 'SYSTEM_REFUSED', false],
    [52, 'SYSTEM_FAULT', true],
  ])('is understood when it answers a search with %i', async (code, expected, retryable) => {
    const { config } = await serve((nth, id) => (nth === 1 ? bindOk(id) : message(id, result(0x65, code))))
    await expect(read(config)).rejects.toMatchObject({ code: expected, retryable })
  })
})
