import type { AdapterManifest } from '../../core/adapter/manifest.ts'
import { SMS_ERRORS } from './errors.ts'
import { SMS_EVENTS } from './events.ts'
import { createSmsAdapter } from './index.ts'
import { smsSettings } from './settings.ts'
import { checkLength, lengthRule, mostCharacters } from './text/length.ts'

/** After a SUBMIT to the centre, before its answer. */
export const SMS_FAILPOINTS = ['sms.submitted'] as const

export const smsManifest: AdapterManifest = {
  id: 'sms',
  name: { zh: '短信', en: 'SMS' },
  purpose: {
    zh: '提醒以短信发出（CMPP、SMPP 或 HTTP 平台），状态报告与回复收进来',
    en: 'notices leave as SMS (CMPP, SMPP or an HTTP platform); status reports and replies come in',
  },
  guide: 'sms.md',
  uses: [],
  settings: smsSettings,
  secretEntries: [
    { name: '<id>.password', zh: '短信中心的口令', en: 'the password at the centre' },
    {
      name: '<id>.push',
      zh: 'HTTP 平台推送时出示的口令（kind: http）',
      en: 'what an HTTP platform shows with its pushes (kind: http)',
    },
  ],
  errors: SMS_ERRORS,
  events: SMS_EVENTS,
  failpoints: SMS_FAILPOINTS,
  takes: ['notice'],
  noticeTo: 'phone',
  gives: ['sms-report', 'sms-reply'],
  secrets({ id, settings }) {
    const centre = smsSettings.safeParse(settings).data?.centre
    return centre?.kind === 'http' ? [`${id}.password`, `${id}.push`] : [`${id}.password`]
  },
  callsOverTls({ settings }) {
    const centre = smsSettings.safeParse(settings).data?.centre
    return centre?.kind !== 'http' || centre.url.startsWith('https:')
  },
  notices(system) {
    const settings = smsSettings.safeParse(system.settings).data
    if (settings === undefined) return undefined
    const { centre, signature = '' } = settings
    return {
      most: mostCharacters(centre) - signature.length,
      rule: lengthRule(centre),
      check: (text) => checkLength(centre, signature + text),
    }
  },
  create: createSmsAdapter,
}
