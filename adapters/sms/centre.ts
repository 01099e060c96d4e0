import type { House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Outbound, Sender, Taken } from '../../core/delivery/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { SmsConfig } from './config.ts'
import { mobileNumber } from './numbers.ts'
import { openSmsTransport } from './open.ts'
import type { ReplyDesk } from './reply-desk.ts'
import type { ReportDesk } from './report-desk.ts'
import type { SmsTransport } from './transport.ts'

/** One SMS centre as the house sees it: takes notices, tells what became of them and who wrote back. */
export class SmsCentre implements Pick<Sender, 'send' | 'close'> {
  readonly #signature: string
  readonly #transport: SmsTransport
  readonly #desk: ReportDesk

  /**
   * @param desk of the system: it outlives the connection when the configuration changes
   * @param replies as well
   * @param signature put before every text
   */
  constructor(
    house: House,
    system: SystemConfig,
    config: SmsConfig,
    desk: ReportDesk,
    replies: ReplyDesk,
    signature = '',
  ) {
    this.#signature = signature
    this.#desk = desk
    this.#transport = openSmsTransport(
      {
        system: system.id,
        tls: system.tls,
        secret: house.secret,
        accepted: house.accepted,
        clock: house.clock,
        emit: house.emit,
        rejections: house.rejections,
      },
      config,
    )
    this.#transport.start({
      report: (report) => desk.report(report),
      reply: (reply) => replies.reply(reply),
      part: (part, waitMs) => replies.part(part, waitMs),
    })
  }

  get mounts(): SmsTransport['mounts'] {
    return this.#transport.mounts
  }

  async send({ id, message }: Outbound, signal: AbortSignal): Promise<Taken> {
    if (message.kind !== 'notice')
      throw new YizhanError('FIELD_INVALID', { field: 'kind', value: message.kind, rule: 'notice' })
    const { to, text } = message.notice
    const expiresAt = message.expiresAt === undefined ? undefined : Date.parse(message.expiresAt)
    const phone = mobileNumber(to.phone ?? '', 'notice.to.phone')
    const parts = await this.#desk.sending(id, async () => {
      const taken = await this.#transport.submit({ to: phone, text: this.#signature + text, expiresAt }, signal)
      return taken.parts
    })
    return { remoteId: parts.join(','), awaits: true }
  }

  close(): Promise<void> {
    return this.#transport.close()
  }
}
