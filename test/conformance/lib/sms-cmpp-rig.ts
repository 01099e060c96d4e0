import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { smsSchema } from '../../../adapters/sms/config.ts'
import { SmsCentre } from '../../../sandbox/sms/centre.ts'
import { ACCESS, LINK, PACE, RESEND_MS, SECRET, type SmsRig } from './sms-rig.ts'

/** The sandbox's ISMG. */
export async function cmppRig(version: '2.0' | '3.0'): Promise<SmsRig> {
  const folder = mkdtempSync(join(tmpdir(), 'yizhan-sms-'))
  const account = '900001'
  const centre = new SmsCentre({
    folder,
    account,
    secret: SECRET,
    version: version === '3.0' ? 3 : 2,
    reportMs: [5, 20],
    resendMs: RESEND_MS,
  })
  await centre.switchOn()
  return {
    config: smsSchema.parse({
      kind: 'cmpp',
      host: '127.0.0.1',
      port: centre.port,
      version,
      account,
      accessNumber: ACCESS,
      link: LINK,
      pace: PACE,
    }),
    attach: () => Promise.resolve(),
    received: (phone) => centre.received(phone),
    next(what) {
      if (what === 'swallowed') centre.swallow()
      else centre.refuse(what === 'flow' ? 8 : 9)
    },
    fail: (phone) => centre.fate(phone, 'UNDELIV'),
    reply: (phone, extension, text) => centre.reply(phone, ACCESS + extension, text),
    unconfirmed: () => centre.unconfirmed,
    down: () => centre.switchOff(),
    up: () => centre.switchOn(),
    async close() {
      await centre.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
