import { checkNotice, startNotices, type NoticeDef, NOTICE_PROPERTIES } from '../lib/notices.ts'
import { register, type Red } from '../lib/red.ts'

/** `sms out`: one SMS for each person and event. */
export default function (red: Red): void {
  register(
    red,
    'sms out',
    { ...NOTICE_PROPERTIES },
    (node, definition: NoticeDef) => startNotices(red, node, definition, 'sms'),
    (definition: NoticeDef) => checkNotice(red, definition, 'sms'),
  )
}
