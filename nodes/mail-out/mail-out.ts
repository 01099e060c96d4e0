import { checkNotice, startNotices, type NoticeDef, NOTICE_PROPERTIES } from '../lib/notices.ts'
import { register, type Red } from '../lib/red.ts'

/** `mail out`: one mail for each person and event. */
export default function (red: Red): void {
  register(
    red,
    'mail out',
    { ...NOTICE_PROPERTIES },
    (node, definition: NoticeDef) => startNotices(red, node, definition, 'mail'),
    (definition: NoticeDef) => checkNotice(red, definition, 'mail'),
  )
}
