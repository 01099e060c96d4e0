import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { CallAgents } from '../../../adapters/kit/http/agents.ts'
import { exchange } from '../../../adapters/kit/http/exchange.ts'
import { DocxgClient } from '../../../adapters/oa/docxg/client.ts'
import { downloadAll } from '../../../adapters/oa/docxg/download.ts'
import { createOaAdapter } from '../../../adapters/oa/index.ts'
import { portalSchema } from '../../../adapters/portal/config.ts'
import { PortalSender } from '../../../adapters/portal/sender.ts'
import { cmppTransport } from '../../../adapters/sms/cmpp/transport.ts'
import { httpSchema, type CmppConfig, type SmppConfig } from '../../../adapters/sms/config.ts'
import { HttpTransport } from '../../../adapters/sms/http/transport.ts'
import { smppTransport } from '../../../adapters/sms/smpp/transport.ts'
import type { SmsTransport } from '../../../adapters/sms/transport.ts'
import type { CallTls } from '../../../core/config/call-tls.ts'
import { systemSchema, type SystemConfig } from '../../../core/config/schema.ts'
import type { Outbound } from '../../../core/delivery/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { cmppRig } from '../../conformance/lib/sms-cmpp-rig.ts'
import { smppRig } from '../../conformance/lib/sms-smpp-rig.ts'
import { makeAuthority, sign, signExpired, type Authority, type Signed } from '../../lib/authority.ts'
import { EventList } from '../../lib/events.ts'
import { tlsFront, type TlsFront } from '../../lib/tls-front.ts'
import { until } from '../../lib/wait.ts'
import { TestHouse, smallCity } from '../oa/lib/house.ts'
import { SECRET } from '../../conformance/lib/sms-rig.ts'
import { keeper, patience, PHONE } from '../sms/lib/house.ts'

/** Whom we call over TLS, with certificates made by openssl: who is trusted, what we show, and what is renewed. */

let folder: string
let authority: Authority
let other: Authority
let expired: Signed
let own: Signed
let plain: Server
let plainPort: number
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-call-tls-'))
  authority = makeAuthority(folder)
  await mkdir(join(folder, 'other'))
  other = makeAuthority(join(folder, 'other'), 'another authority')
  expired = signExpired(folder, 'expired', '/CN=localhost')
  own = sign(folder, 'own', '/CN=yizhan')
  plain = createServer((request, response) => void response.end(`here ${request.url}`))
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  plainPort = (plain.address() as AddressInfo).port
})
afterAll(async () => {
  plain.close()
  await rm(folder, { recursive: true })
})

/** What of it is wrong, as Node names it. */
const WRONG: readonly (readonly [string, () => Signed, () => CallTls, RegExp])[] = [
  ['an authority that nobody named', () => authority, () => ({}), /UNABLE_TO_(VERIFY|GET_ISSUER)|SELF_SIGNED/],
  [
    'another authority than that of caFile',
    () => authority,
    () => ({ caFile: other.caFile }),
    /UNABLE_TO_(VERIFY|GET_ISSUER)|SELF_SIGNED|CERT_SIGNATURE/,
  ],
  ['a certificate that has expired', () => expired, () => ({ caFile: authority.caFile }), /CERT_HAS_EXPIRED/],
  [
    'a certificate of another host',
    () => authority,
    () => ({ caFile: authority.caFile, serverName: 'oa.example' }),
    /ERR_TLS_CERT_ALTNAME_INVALID/,
  ],
  [
    'a file that is not there',
    () => authority,
    () => ({ caFile: '/no/such/ca.pem' }),
    /ERR_TLS_FILES.*caFile \/no\/such\/ca\.pem/,
  ],
]
const good = (): CallTls => ({ caFile: authority.caFile })

function agents(tls: CallTls): CallAgents {
  const made = new CallAgents({ keepAlive: true }, tls)
  onTestFinished(() => made.destroy())
  return made
}

function get({ port }: TlsFront, by: CallAgents, host = '127.0.0.1') {
  const url = new URL(`https://${host}:${port}/x`)
  const agent = by.of(url)
  return exchange({ system: 's', method: 'GET', url, agent, headers: {}, chunks: [], signal: patience() })
}

async function failure(work: Promise<unknown>): Promise<YizhanError> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  )
  if (!(thrown instanceof YizhanError)) throw new Error(`expected a failure, not ${String(thrown)}`)
  return thrown
}

describe('over HTTP', () => {
  it.each(WRONG)('%s is refused before anything is sent', async (_what, shown, tls, reason) => {
    const front = await tlsFront(plainPort, shown())
    const error = await failure(get(front, agents(tls())))
    expect([error.code, error.retryable, error.inDoubt]).toEqual(['SYSTEM_TLS', true, false])
    expect(error.facts.detail).toMatch(reason)
    expect(front.bytes()).toBe(0)
  })

  it('a name of its own in their certificate is expected where it is configured', async () => {
    const named = sign(folder, 'named', '/CN=named', ['-addext', 'subjectAltName=DNS:oa.internal'])
    const front = await tlsFront(plainPort, named)
    expect((await failure(get(front, agents(good())))).facts.detail).toMatch(/ALTNAME/)
    const answer = await get(front, agents({ ...good(), serverName: 'oa.internal' }))
    expect(answer.bytes.toString()).toBe('here /x')
  })

  it('our certificate is shown where they ask for it; without it nothing is taken', async () => {
    const front = await tlsFront(plainPort, authority, authority.caFile)
    const error = await failure(get(front, agents(good())))
    expect([error.code, error.inDoubt]).toEqual(['SYSTEM_TLS', false])
    expect(error.facts.detail).toMatch(/CERTIFICATE_REQUIRED/)
    await get(front, agents({ ...good(), ...own }))
    expect(front.clients).toEqual(['CN=yizhan'])
  })

  it('renewed files count for the next connection', async () => {
    const files = { certFile: join(folder, 'mine.pem'), keyFile: join(folder, 'mine-key.pem') }
    const put = async (signed: Signed): Promise<void> => {
      await copyFile(signed.certFile, files.certFile)
      await copyFile(signed.keyFile, files.keyFile)
    }
    await put(own)
    const front = await tlsFront(plainPort, authority, authority.caFile)
    const by = agents({ ...good(), ...files })
    await get(front, by)
    await put(sign(folder, 'renewed', '/CN=yizhan renewed'))
    front.hangUp()
    // What was open may be found ended only when it is used.
    await until(
      () =>
        get(front, by).then(
          () => true,
          () => false,
        ),
      { what: 'an answer again' },
    )
    expect(front.clients).toEqual(['CN=yizhan', 'CN=yizhan renewed'])
  })
})

describe('each that calls', () => {
  const system = (port: number, tls: CallTls, more: object = {}): SystemConfig =>
    systemSchema.parse({ id: 's', name: 's', adapter: 'oa', url: `https://127.0.0.1:${port}/inbox`, tls, ...more })

  it.each<[string, (port: number, tls: CallTls) => Promise<unknown>]>([
    [
      'a push in our own dialect',
      async (port, tls) => {
        const t = await TestHouse.open(smallCity())
        onTestFinished(() => t.close())
        const pushed = system(port, tls, { profile: 'yizhan', roles: ['we-call'] })
        const sender = createOaAdapter(t.house).sender(pushed)
        onTestFinished(() => sender?.close())
        return sender?.probe?.({ id: 'd-1' } as Outbound, patience())
      },
    ],
    [
      'an exchange centre',
      (port, tls) => {
        const client = new DocxgClient(system(port, tls), () => 'k')
        onTestFinished(() => client.close())
        return client.call('getDocStatusByDocguid', ['1'], patience())
      },
    ],
    [
      'a file that a centre names',
      (port, tls) => {
        const client = new DocxgClient(system(port, tls), () => 'k')
        onTestFinished(() => client.close())
        return downloadAll(client, [{ href: `https://127.0.0.1:${port}/f`, name: 'f' }], 100, patience())
      },
    ],
    [
      'a portal that is called back',
      (port, tls) => {
        const { callback } = portalSchema.parse({ callback: { url: `https://127.0.0.1:${port}/take` } })
        if (callback === undefined) throw new Error('no call-back')
        const files = { link: () => '', read: () => Promise.resolve(Buffer.alloc(0)) }
        const sender = new PortalSender({
          ...{ system: 's', config: callback, tls, filesAs: 'link', files },
          ...{ secret: () => 'k', clock: systemClock },
        })
        onTestFinished(() => sender.close())
        return sender.probe('d-1', patience())
      },
    ],
    [
      'an SMS platform',
      (port, tls) => {
        const config = httpSchema.parse({
          ...{ kind: 'http', url: `https://127.0.0.1:${port}/sms` },
          ...{ company: 'c', account: 'a', sign: 's' },
        })
        const events = new EventList()
        const house = { system: 's', tls, secret: () => 'k', accepted: () => [], clock: systemClock }
        const transport = new HttpTransport({ ...house, emit: events, rejections: events }, config)
        onTestFinished(() => transport.close())
        return transport.submit({ to: PHONE, text: '催办' }, patience())
      },
    ],
  ])('%s: by its own authority, and not without it', async (_what, call) => {
    const front = await tlsFront(plainPort, authority, authority.caFile)
    expect(await failure(call(front.port, { caFile: other.caFile, ...own }))).toMatchObject({ code: 'SYSTEM_TLS' })
    expect(front.bytes()).toBe(0)
    // It is no such system that answers: what matters is that it was asked.
    await call(front.port, { ...good(), ...own }).catch((thrown: unknown) =>
      expect(thrown).not.toMatchObject({ code: 'SYSTEM_TLS' }),
    )
    expect(front.bytes()).toBeGreaterThan(0)
    expect(front.clients).toEqual(['CN=yizhan'])
  })
})

describe('a centre over a standing connection', () => {
  const kinds = {
    async CMPP() {
      const rig = await cmppRig('2.0')
      const { port } = rig.config as CmppConfig
      return {
        rig,
        port,
        open: (house: Parameters<typeof cmppTransport>[0], config: CmppConfig) => cmppTransport(house, config),
      }
    },
    async SMPP() {
      const rig = await smppRig()
      const { port } = rig.config as SmppConfig
      return {
        rig,
        port,
        open: (house: Parameters<typeof smppTransport>[0], config: SmppConfig) => smppTransport(house, config),
      }
    },
  }
  async function started(kind: keyof typeof kinds, shown: Signed, tls: CallTls, caFile?: string) {
    const { rig, port, open } = await kinds[kind]()
    onTestFinished(() => rig.close())
    const front = await tlsFront(port, shown, caFile)
    const events = new EventList()
    const transport: SmsTransport = open(
      {
        system: 'sms',
        tls,
        secret: () => SECRET,
        accepted: () => [],
        clock: systemClock,
        emit: events,
        rejections: events,
      },
      { ...rig.config, port: front.port } as CmppConfig & SmppConfig,
    )
    onTestFinished(() => transport.close())
    transport.start(keeper())
    return { rig, front, transport, events }
  }

  it.each(['CMPP', 'SMPP'] as const)('%s takes texts over TLS, and is shown our certificate', async (kind) => {
    const { rig, front, transport } = await started(kind, authority, { ...good(), ...own }, authority.caFile)
    await transport.submit({ to: PHONE, text: '催办' }, patience())
    await until(() => rig.received(PHONE).length === 1, { what: 'the text' })
    expect(front.clients).toEqual(['CN=yizhan'])
  })

  it.each((['CMPP', 'SMPP'] as const).flatMap((kind) => WRONG.map((wrong) => [kind, ...wrong] as const)))(
    '%s: %s is refused, and learns no login',
    async (kind, _what, shown, tls, reason) => {
      const { front, events } = await started(kind, shown(), tls())
      await until(() => events.of('sms.lost').length > 0, { what: 'the refusal' })
      expect(events.of('sms.lost')[0]).toMatchObject({ error: 'SYSTEM_TLS' })
      expect(events.of('sms.lost')[0]?.detail).toMatch(reason)
      expect(front.bytes()).toBe(0)
    },
  )
})
