import { CmppTransport } from './cmpp/transport.ts'
import type { SmsConfig } from './config.ts'
import { HttpTransport } from './http/transport.ts'
import { SmppTransport } from './smpp/transport.ts'
import type { SmsHouse, SmsTransport } from './transport.ts'

/** The way to an SMS centre that its configuration names. Nothing is connected before `start`. */
export function openSmsTransport(house: SmsHouse, config: SmsConfig): SmsTransport {
  switch (config.kind) {
    case 'cmpp':
      return new CmppTransport(house, config)
    case 'smpp':
      return new SmppTransport(house, config)
    case 'http':
      return new HttpTransport(house, config)
  }
}
