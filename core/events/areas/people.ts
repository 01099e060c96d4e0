import type { EventEntry } from '../entry.ts'

/** Who logs in, people and accounts, and what is done about them. */
export const PEOPLE_EVENTS = {
  'account.elsewhere': {
    level: 'warn',
    zh: '账号凭据无误，但来自其 addresses 之外的地址，已拒',
    en: 'an account logged in from an address that is not among its `addresses`: refused',
    audit: true,
  },
  'login.locked-out': {
    level: 'warn',
    zh: '连续输错，此账号在此来源暂不核对',
    en: 'wrong too often: this name waits at this source',
    audit: true,
  },
  'login.ended': { level: 'info', zh: '退出登录', en: 'logged out', audit: true },
  'person.added': { level: 'info', zh: '新增人员', en: 'a person was added', audit: true },
  'person.changed': { level: 'info', zh: '人员改动', en: 'a person was changed', audit: true },
  'person.reset': {
    level: 'info',
    zh: '重置口令，发一次性口令，停用动态口令',
    en: 'somebody got a one-time password, and codes are off',
    audit: true,
  },
  'person.locked': { level: 'info', zh: '锁定人员', en: 'a person was locked', audit: true },
  'person.unlocked': { level: 'info', zh: '解锁人员', en: 'a person was unlocked', audit: true },
  'person.removed': { level: 'info', zh: '删除人员', en: 'a person was removed', audit: true },
  'person.password-changed': { level: 'info', zh: '本人改口令', en: 'a person changed the password', audit: true },
  'person.codes-changed': {
    level: 'info',
    zh: '动态口令启用或停用',
    en: 'one-time codes were turned on or off',
    audit: true,
  },
  'person.recovery-used': {
    level: 'warn',
    zh: '用恢复码登录',
    en: 'a recovery code was used to log in',
    audit: true,
    folds: false,
  },
  'person.denied': { level: 'warn', zh: '越权请求，已拒', en: 'a person may not do this: refused', audit: true },
  'people.none': {
    level: 'warn',
    zh: '还没有人员：运维令牌 admin.token 与编辑器口令 editor.admin 仍人人共用',
    en: 'there are no people yet: admin.token and editor.admin are still shared by everybody',
    folds: false,
  },
  'people.together': {
    level: 'warn',
    zh: '按 people.rolesTogether，有人身兼须分立的角色',
    en: 'by people.rolesTogether somebody holds roles that are to be apart',
    audit: true,
    folds: false,
  },
  'people.break-glass': {
    level: 'warn',
    zh: '以应急令牌操作',
    en: 'the emergency token was used',
    audit: true,
    alarm: true,
    folds: false,
  },
} as const satisfies Record<string, EventEntry>
