import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { smsSchema } from '../../../adapters/sms/config.ts'
import { listening, PACE, SECRET, stationOf, TOKEN, type SmsRig } from './sms-rig.ts'

interface Submission {
  readonly ecName: string
  readonly apId: string
  readonly mobiles: string
  readonly content: string
  readonly sign: string
  readonly addSerial: string
  readonly mac: string
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString('utf8')
}

/** A platform like 云MAS: takes norsubmit, and pushes until it is answered 200. */
export async function httpRig(): Promise<
  SmsRig & { readonly bodies: string[]; answer(status: number, body: string, headers?: Record<string, string>): void }
> {
  const phones = new Map<string, { text: string; from: string }[]>()
  const failing = new Set<string>()
  const bodies: string[] = []
  const pushes: { path: string; body: unknown }[] = []
  let station: Awaited<ReturnType<typeof stationOf>> | undefined
  let next: 'refused' | 'flow' | 'swallowed' | undefined
  let canned: { status: number; body: string; headers?: Record<string, string> } | undefined
  let groups = 0
  let isClosed = false

  const push = async (path: string, body: unknown): Promise<void> => {
    const one = { path, body }
    pushes.push(one)
    for (;;) {
      if (isClosed) return
      const answered = await fetch(`${station?.url}/sms/sms/${TOKEN}/${path}`, {
        method: 'POST',
        body: JSON.stringify(body),
      }).then(
        ({ status }) => status,
        () => 0,
      )
      if (answered === 200) break
      await new Promise((resolve) => setTimeout(resolve, 30))
    }
    pushes.splice(pushes.indexOf(one), 1)
  }

  const server = createServer((request, response) => {
    void text(request).then((raw) => {
      const json = Buffer.from(raw, 'base64').toString('utf8')
      bodies.push(json)
      const said = next
      next = undefined
      if (canned !== undefined) return response.writeHead(canned.status, canned.headers).end(canned.body)
      const one = JSON.parse(json) as Submission
      const mac = createHash('md5')
        .update(`${one.ecName}${one.apId}${SECRET}${one.mobiles}${one.content}${one.sign}${one.addSerial}`)
        .digest('hex')
      if (mac !== one.mac) return response.end('{"msgGroup":"","rspcod":"IllegalMac","success":false}')
      if (said === 'flow') return response.writeHead(503).end('busy')
      if (said === 'refused') return response.end('{"msgGroup":"","rspcod":"InvalidMessage","success":false}')
      const msgGroup = `0922${++groups}`
      const received = phones.get(one.mobiles) ?? []
      received.push({ text: one.content, from: `10650001${one.addSerial}` })
      phones.set(one.mobiles, received)
      const errorCode = failing.has(one.mobiles) ? 'DB:0140' : 'DELIVRD'
      void push('report', [
        {
          reportStatus: failing.has(one.mobiles) ? 'DB:0140' : 'CM:0000',
          mobile: one.mobiles,
          submitDate: '20260301120000',
          receiveDate: '20260301120002',
          errorCode,
          msgGroup,
        },
      ])
      if (said === 'swallowed') return request.socket.destroy()
      return response.end(JSON.stringify({ msgGroup, rspcod: 'success', success: true }))
    })
  })
  const port = await listening(server)
  const down = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  }
  return {
    bodies,
    answer: (status, body, headers = {}) => void (canned = { status, body, headers }),
    config: smsSchema.parse({
      kind: 'http',
      url: `http://127.0.0.1:${port}/sms/norsubmit`,
      company: '周口市政府',
      account: 'ap01',
      sign: 'SIGN01',
      pace: PACE,
    }),
    async attach(transport) {
      station = await stationOf(transport)
    },
    received: (phone) => phones.get(phone) ?? [],
    next: (what) => void (next = what),
    fail: (phone) => void failing.add(phone),
    async reply(phone, extension, smsContent) {
      void push('reply', { mobile: phone, smsContent, sendTime: '2026-03-01 12:00:05', addSerial: extension })
    },
    unconfirmed: () => pushes.length,
    down,
    async up() {
      await listening(server, port)
    },
    async close() {
      isClosed = true
      await down()
      await station?.close()
    },
  }
}
