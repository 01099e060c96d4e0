import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { cmppSchema, type CmppConfig } from '../../../../adapters/sms/config.ts'
import { cmppTransport } from '../../../../adapters/sms/cmpp/transport.ts'
import type { SmsHandlers, SmsHouse, SmsReply, SmsTransport, StatusReport } from '../../../../adapters/sms/transport.ts'
import { KeptParts } from '../../../../adapters/sms/long/kept-parts.ts'
import { LONG_BOUNDS, LongReplies } from '../../../../adapters/sms/long/long-replies.ts'
import { systemClock } from '../../../../core/util/clock.ts'
import { SmsCentre, type SmsCentreOptions } from '../../../../sandbox/sms/centre.ts'
import { EventList } from '../../../lib/events.ts'

export const ACCOUNT = '900001'
export const SECRET = '888888'
export const ACCESS = '10650001'
export const PHONE = '13800000001'

export function testHouse(): SmsHouse & { readonly events: EventList } {
  const events = new EventList()
  return {
    system: 'sms',
    secret: () => SECRET,
    accepted: () => [SECRET],
    clock: systemClock,
    emit: events,
    rejections: events,
    events,
  }
}

/** Handlers that keep what came; `before` may hold or refuse it. */
export function keeper(
  before: () => Promise<void> = () => Promise.resolve(),
): SmsHandlers & { readonly reports: StatusReport[]; readonly replies: SmsReply[] } {
  const reports: StatusReport[] = []
  const replies: SmsReply[] = []
  const reply = async (one: SmsReply): Promise<void> => {
    await before()
    replies.push(one)
  }
  let long: LongReplies | undefined
  return {
    reports,
    replies,
    report: async (report) => {
      await before()
      reports.push(report)
    },
    reply,
    part: (part, waitMs) => (long ??= joining(reply)).take(part, waitMs),
  }
}

/** What puts long texts together, on disk, as an SMS system has one. */
export function joining(
  pass: (reply: SmsReply) => Promise<void>,
  { folder = testFolder(), ...bounds }: Partial<typeof LONG_BOUNDS> & { readonly folder?: string } = {},
): LongReplies & { readonly troubles: Error[] } {
  const troubles: Error[] = []
  const long = new LongReplies({
    kept: new KeptParts(folder),
    clock: systemClock,
    pass,
    trouble: (error) => troubles.push(error),
    bounds: { ...LONG_BOUNDS, againMs: 20, mostMs: 50, ...bounds },
  })
  onTestFinished(() => long.close())
  return Object.assign(long, { troubles })
}

/** A folder that is gone after the test. */
export function testFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-sms-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

export async function openCentre(options: Partial<SmsCentreOptions> = {}): Promise<SmsCentre> {
  const centre = new SmsCentre({
    folder: options.folder ?? testFolder(),
    account: ACCOUNT,
    secret: SECRET,
    version: 2,
    reportMs: [5, 30],
    // Who is not scheduled for a moment must not get a second copy that the test would count.
    resendMs: 1_000,
    ...options,
  })
  onTestFinished(() => centre.close())
  await centre.switchOn()
  return centre
}

/** Configuration for a centre on this port, with times that suit tests. */
export function cmppConfig(
  port: number,
  more: Readonly<Record<string, unknown>> = {},
  link: Readonly<Record<string, number>> = {},
): CmppConfig {
  const times = {
    connectMs: 5000,
    answerMs: 3000,
    tries: 3,
    idleMs: 5000,
    backoffMs: 20,
    maxBackoffMs: 100,
    closeMs: 100,
    ...link,
  }
  return cmppSchema.parse({
    kind: 'cmpp',
    host: '127.0.0.1',
    port,
    account: ACCOUNT,
    accessNumber: ACCESS,
    partsMs: 10_000,
    link: times,
    ...more,
  })
}

export function openCmpp(
  config: CmppConfig,
  handlers: SmsHandlers = keeper(),
): { transport: SmsTransport; house: ReturnType<typeof testHouse> } {
  const house = testHouse()
  const transport = cmppTransport(house, config)
  onTestFinished(() => transport.close())
  transport.start(handlers)
  return { transport, house }
}

export function patience(ms = 20_000): AbortSignal {
  return AbortSignal.timeout(ms)
}
