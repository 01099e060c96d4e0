import { cmppTransport } from './cmpp/transport.ts'
import type { SmsConfig } from './config.ts'
import { HttpTransport } from './http/transport.ts'
import { smppTransport } from './smpp/transport.ts'
import type { SmsHouse, SmsTransport } from './transport.ts'

/** The way to an SMS centre that its configuration names. Nothing is connected before `start`. */
export function openSmsTransport(house: SmsHouse, config: SmsConfig): SmsTransport {
  switch (config.kind) {
    case 'cmpp':
      return cmppTransport(house, config)
    case 'smpp':
      return smppTransport(house, config)
    case 'http':
      return new HttpTransport(house, config)
  }
}
