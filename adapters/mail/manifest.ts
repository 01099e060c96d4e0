import type { AdapterManifest } from '../../core/adapter/manifest.ts'
import { MAIL_ERRORS } from './errors.ts'
import { mailSchema, securityOf } from './config.ts'
import { createMailAdapter } from './index.ts'

export const mailManifest: AdapterManifest = {
  id: 'mail',
  name: { zh: '邮件', en: 'mail' },
  purpose: { zh: '提醒以邮件（SMTP）发出', en: 'notices leave as mail (SMTP)' },
  guide: 'mail.md',
  uses: [],
  settings: mailSchema,
  secretEntries: [
    { name: '<id>.password', zh: '邮件服务器的口令（有 username 时）', en: 'the password there (with username)' },
  ],
  errors: MAIL_ERRORS,
  events: {},
  failpoints: [],
  takes: ['notice'],
  noticeTo: 'mail',
  gives: [],
  secrets: ({ id, settings }) => (settings['username'] === undefined ? [] : [`${id}.password`]),
  callsOverTls({ settings }) {
    const config = mailSchema.safeParse(settings).data
    return config === undefined || securityOf(config) !== 'none'
  },
  create: createMailAdapter,
}
