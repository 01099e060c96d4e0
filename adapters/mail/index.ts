import type { Adapter, House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Outbound, Sender } from '../../core/delivery/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { mailSchema } from './config.ts'
import { MailSender } from './sender.ts'

/** Notices (提醒) as mail. */
export function createMailAdapter(house: Pick<House, 'secret' | 'clock'>): Adapter {
  return {
    name: 'mail',
    mounts: [],
    sender: (system) => senderTo(house, system),
    start: () => undefined,
    close: () => Promise.resolve(),
  }
}

function senderTo(house: Pick<House, 'secret' | 'clock'>, system: SystemConfig): Sender {
  const sender = new MailSender({
    system: system.id,
    config: mailSchema.parse(system.settings),
    tls: system.tls,
    password: () => house.secret(`${system.id}.password`),
    clock: house.clock,
  })
  return {
    send(outbound, signal) {
      const { to, subject, text } = noticeIn(outbound)
      if (to.mail === undefined)
        return Promise.reject(
          new YizhanError('FIELD_INVALID', { field: 'notice.to.mail', value: '', rule: '必填 / required' }),
        )
      return sender.send(
        outbound.id,
        { to: { address: to.mail, name: to.name }, subject: subject ?? text.slice(0, 40), text },
        signal,
      )
    },
    close: () => sender.close(),
  }
}

/** What a notice says; nothing else is sent to people. */
function noticeIn({ message }: Outbound) {
  if (message.kind !== 'notice')
    throw new YizhanError('FIELD_INVALID', { field: 'kind', value: message.kind, rule: 'notice' })
  return message.notice
}
