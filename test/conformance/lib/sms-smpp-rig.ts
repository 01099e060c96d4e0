import { once } from 'node:events'
import smpp, { type Pdu, type Session } from 'smpp'
import { smsSchema } from '../../../adapters/sms/config.ts'
import { ACCESS, LINK, listening, PACE, RESEND_MS, SECRET, type SmsRig } from './sms-rig.ts'

const THROTTLED = 0x58
const INVALID_DESTINATION = 0x0b

/** The library's own server as an SMSC. */
export async function smppRig(): Promise<SmsRig & { readonly sessions: readonly Session[]; readonly seen: Pdu[] }> {
  const phones = new Map<string, { text: string; from: string }[]>()
  const halves = new Map<string, Map<number, string>>()
  const failing = new Set<string>()
  const bound = new Set<Session>()
  const seen: Pdu[] = []
  const open: { fields: Readonly<Record<string, unknown>>; isSent: boolean }[] = []
  let next: 'refused' | 'flow' | 'swallowed' | undefined
  let ids = 0

  const pump = (): void => {
    const [session] = bound
    if (session === undefined) return
    for (const one of open) {
      if (one.isSent) continue
      one.isSent = true
      // No answer: sent again.
      const timer = setTimeout(() => {
        one.isSent = false
        pump()
      }, RESEND_MS)
      timer.unref()
      session.send(new smpp.PDU('deliver_sm', one.fields), ({ command_status: status }) => {
        clearTimeout(timer)
        if (status === 0) open.splice(open.indexOf(one), 1)
      })
    }
  }
  const deliver = (fields: Readonly<Record<string, unknown>>): void => {
    open.push({ fields, isSent: false })
    pump()
  }

  const ring = (pdu: Pdu): void => {
    const to = pdu.destination_addr ?? ''
    const { udh: [header] = [], message } = pdu.short_message ?? { message: '' }
    let text = String(message)
    if (header !== undefined) {
      const [, , reference = 0, total = 0, number = 0] = header
      const key = `${to}/${reference}/${total}`
      const half = halves.get(key) ?? new Map<number, string>()
      halves.set(key, half.set(number, text))
      if (half.size < total) return
      text = Array.from({ length: total }, (_, at) => half.get(at + 1) ?? '').join('')
    }
    phones.set(to, [...(phones.get(to) ?? []), { text, from: pdu.source_addr ?? '' }])
  }

  const server = smpp.createServer((session) => {
    session.on('error', () => undefined)
    session.on('close', () => bound.delete(session))
    session.on('pdu', (pdu: Pdu) => void seen.push(pdu))
    session.on('bind_transceiver', (pdu: Pdu) => {
      const isRight = pdu.system_id === 'yizhan' && pdu.password === SECRET
      session.send(pdu.response(isRight ? { system_id: 'SMSC' } : { command_status: 0x0e }))
      if (isRight) bound.add(session)
      pump()
    })
    session.on('enquire_link', (pdu: Pdu) => session.send(pdu.response()))
    session.on('unbind', (pdu: Pdu) => {
      session.send(pdu.response())
      session.close()
    })
    session.on('submit_sm', (pdu: Pdu) => {
      const said = next
      next = undefined
      if (said === 'flow' || said === 'refused')
        return session.send(pdu.response({ command_status: said === 'flow' ? THROTTLED : INVALID_DESTINATION }))
      const id = `smsc-${++ids}`
      ring(pdu)
      if (said !== 'swallowed') session.send(pdu.response({ message_id: id }))
      const isFailing = failing.has(pdu.destination_addr ?? '')
      const text = `id:${id} sub:001 dlvrd:001 submit date:2603011200 done date:2603011202 stat:${isFailing ? 'UNDELIV' : 'DELIVRD'} err:${isFailing ? '012' : '000'} text:`
      deliver({
        source_addr: pdu.destination_addr,
        destination_addr: pdu.source_addr,
        esm_class: 4,
        short_message: Buffer.from(text),
      })
      return undefined
    })
  })
  server.on('error', () => undefined)
  const port = await listening(server)
  const down = async (): Promise<void> => {
    if (!server.listening) return
    const closed = once(server, 'close')
    server.close()
    for (const session of [...server.sessions]) session.destroy()
    await closed
  }
  return {
    seen,
    sessions: server.sessions,
    config: smsSchema.parse({
      kind: 'smpp',
      host: '127.0.0.1',
      port,
      account: 'yizhan',
      accessNumber: ACCESS,
      link: LINK,
      pace: PACE,
    }),
    attach: () => Promise.resolve(),
    received: (phone) => phones.get(phone) ?? [],
    next: (what) => void (next = what),
    fail: (phone) => void failing.add(phone),
    async reply(phone, extension, text) {
      const shared = { source_addr: phone, destination_addr: ACCESS + extension, data_coding: 8 }
      if (text.length <= 70) deliver({ ...shared, short_message: text })
      else
        for (let at = 0, number = 1, total = Math.ceil(text.length / 67); at < text.length; at += 67, number++)
          deliver({
            ...shared,
            short_message: { udh: Buffer.from([5, 0, 3, 99, total, number]), message: text.slice(at, at + 67) },
          })
    },
    unconfirmed: () => open.length,
    down,
    async up() {
      await listening(server, port)
    },
    close: down,
  }
}
