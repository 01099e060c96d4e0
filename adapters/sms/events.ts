import type { EventEntry } from '../../core/events/entry.ts'

/** SMS centres. */
export const SMS_EVENTS = {
  'sms.connected': { level: 'info', zh: '短信中心已连接', en: 'SMS centre connected', folds: 'outage', recovery: true },
  'sms.lost': { level: 'error', zh: '短信中心断开，将重连', en: 'SMS centre lost, connecting again', folds: 'outage' },
  'sms.slowed': {
    level: 'warn',
    zh: '短信中心限制流量，已降速',
    en: 'the SMS centre limits the flow, slowed down',
    folds: 'outage',
  },
  'sms.garbage': { level: 'warn', zh: '短信中心的报文无法理解', en: 'bytes of the SMS centre cannot be understood' },
  'sms.unkept': {
    level: 'error',
    zh: '状态报告或回复未能登记；已留存的稍后再登记，其余等对方重发',
    en: 'a status report or reply could not be booked: what is kept is tried again, for the rest the centre will send it again',
  },
  'sms.report-unplaced': {
    level: 'error',
    zh: '状态报告不属于任何已知短信，已应答并留存',
    en: 'status reports belong to no known text; answered, and kept',
    alarm: true,
  },
  'sms.reply-incomplete': {
    level: 'error',
    zh: '长短信回复缺段，已按现有内容上交',
    en: 'parts of long replies never came; what came was passed on',
    alarm: true,
  },
  'sms.reply-refused': {
    level: 'error',
    zh: '短信回复不能收下，已应答中心',
    en: 'a reply by SMS was refused; the centre is answered',
  },
} as const satisfies Record<string, EventEntry>

declare module '../../core/events/catalogue.ts' {
  interface EventAreas {
    readonly sms: typeof SMS_EVENTS
  }
}
