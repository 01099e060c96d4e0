import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { openLedger } from '../../../core/ledger/open.ts'
import type { Announcement } from '../../../core/ledger/port.ts'
import type { SmsReplyMessage } from '../../../core/message/schema.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { AlarmNotices } from '../../../station/alarm/notices.ts'

const hop = { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 1 }

it('a notice becomes one delivery however often it is sent, and its answer finds the alarm', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-alarm-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  const { ledger } = await openLedger({ folder, station: 'st', clock: systemClock, hop })
  onTestFinished(() => ledger.close())
  const announced: Announcement[] = []
  const answered: string[] = []
  const notices = new AlarmNotices({
    ...{ ledger, station: 'st', owner: 'st:alarm', clock: systemClock, sink: { emit: () => undefined } },
    announce: (items) => void announced.push(...items),
    revision: () => '1',
    answered: (alarm, by, text) => Promise.resolve(void answered.push(`${alarm} ${by} ${text}`)),
  })
  await notices.start()
  const notice = {
    ...{ telling: 'down@oa#1/0', alarm: 'down@oa#1', system: 'sms', subject: '', text: '不通', isUrgent: true },
    person: { id: 'zhang', name: '值班员甲', phone: '13800000001' },
  }
  await notices.send(notice)
  await notices.send(notice)
  await notices.send({ ...notice, person: { id: 'li', name: '值班员乙', phone: '13800000002' } })
  expect(announced.map(({ system }) => system)).toEqual(['sms', 'sms'])

  const reply: SmsReplyMessage = {
    ...{ schema: 'sms-reply/1', kind: 'sms-reply', id: 'st-1-r', trace: 'st-1-r', from: { name: 'x' } },
    ...{
      recipients: [],
      urgency: 'ordinary',
      acceptedAt: new Date().toISOString(),
      origin: { system: 'sms' },
      files: [],
    },
    reply: {
      ...{ phone: '13800000001', to: '10690000', text: '1', at: new Date().toISOString() },
      notice: {
        ...{ id: announced[0]?.message.id ?? '', event: 'alarm down@oa#1', about: { id: 'down@oa#1' } },
        person: { name: '值班员甲', phone: '13800000001' },
      },
    },
  }
  expect(notices.isAnswer(reply)).toBe(true)
  expect(await notices.take(reply, 'sms-reply:1')).toEqual({ id: 'st-1-r', repeated: false })
  expect(await notices.take(reply, 'sms-reply:1')).toEqual({ id: 'st-1-r', repeated: true })
  expect(answered).toEqual(['down@oa#1 值班员甲 1'])
  const { notice: _, ...other } = reply.reply
  expect(notices.isAnswer({ ...reply, reply: other })).toBe(false)
})
