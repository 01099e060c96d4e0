import type { ErrorEntry } from '../entry.ts'

/** People at the station: who they are, what they may do, how they log in. */
export const PEOPLE_ERRORS = {
  PEOPLE_UNREADABLE: {
    zh: '人员文件 {field} 已损坏或不是本程序写的',
    en: 'the file of people {field} is damaged, or was not written by this program',
    status: 500,
    remedy: {
      zh: '从备份恢复它；都没有的，移走它，站点启动后重新建立人员（yizhan person add）',
      en: 'restore it from a backup; without one move it away, start the station, and add the people anew (yizhan person add)',
    },
  },
  PERSON_UNKNOWN: {
    zh: '没有人员 {value}',
    en: 'there is no person {value}',
    status: 404,
    remedy: { zh: 'yizhan person list 列出人员', en: 'yizhan person list shows them' },
  },
  PERSON_EXISTS: {
    zh: '已有人员 {value}',
    en: 'there is a person {value} already',
    status: 409,
    remedy: {
      zh: '另取登录名；改角色用 yizhan person roles',
      en: 'choose another name; yizhan person roles changes what one may do',
    },
  },
  PERSON_SELF: {
    zh: '{value} 不能对自己这样做',
    en: '{value} may not do this to himself',
    status: 409,
    remedy: {
      zh: '由另一位“管”来做；改自己的口令在登录页或 yizhan login --change',
      en: 'another person with 管 configure does it; one’s own password is changed on the login page or by yizhan login --change',
    },
  },
  LAST_ADMINISTRATOR: {
    zh: '{value} 是最后一位可登录的“{rule}”',
    en: '{value} is the last one with {rule} who may log in',
    status: 409,
    remedy: { zh: '先给另一人“管”的角色', en: 'give another person that role first' },
  },
  ROLES_TOGETHER: {
    zh: '三员分立：一人不得兼 {value}（GB/T 22239 第三级）',
    en: 'one person may not hold {value} together (GB/T 22239, level 3)',
    status: 422,
    remedy: {
      zh: '分给两人；人手不足的小站可设 station.yaml 的 people.rolesTogether: true，写入审计',
      en: 'give them to two people; a small station may set people.rolesTogether: true in station.yaml, which the audit tells',
    },
  },
  ROLE_MISSING: {
    zh: '{value} 没有此项权限：须有 {rule}',
    en: '{value} may not do this: it takes {rule}',
    status: 403,
    remedy: {
      zh: '由有此角色的人来做，或由“管”改角色',
      en: 'somebody with that role does it, or 管 configure changes the roles',
    },
  },
  PASSWORD_WEAK: {
    zh: '新口令不合规则：{rule}',
    en: 'the new password breaks the rules: {rule}',
    status: 422,
    remedy: { zh: '规则见 station.yaml 的 people', en: 'the rules are `people` of station.yaml' },
  },
  PASSWORD_CHANGE_FIRST: {
    zh: '{value} 须先改口令（一次性的，或已过期）',
    en: '{value} must change the password first (it is a one-time password, or too old)',
    status: 403,
    remedy: {
      zh: '在登录页 /login 改，或 yizhan login --change',
      en: 'on the page /login, or by yizhan login --change',
    },
  },
  LOGIN_WANTED: {
    zh: '站点 {field} 不认得 {value}，或其登录已结束',
    en: 'the station {field} does not know {value}, or the login has ended',
    status: 401,
    remedy: {
      zh: 'yizhan login 登录；或由“管”把此操作系统用户对应到人（yizhan person change --os-user）',
      en: 'run yizhan login; or 管 configure maps this user of the operating system to a person (yizhan person change --os-user)',
    },
  },
  LOGIN_UNKNOWN: {
    zh: '登录目录此刻无应答',
    en: 'the directory that knows this login does not answer now',
    status: 503,
    retryable: true,
    remedy: {
      zh: '稍后再试；站点自己的人员不受影响',
      en: 'try again later; the station’s own people get in all the same',
    },
  },
  TOTP_REQUIRED: {
    zh: '还须动态口令',
    en: 'a one-time code is wanted beside the password',
    status: 401,
    remedy: {
      zh: '填手机应用上的六位数字，或一个恢复码；在编辑器中接在口令后面',
      en: 'the six digits of the app, or a recovery code; in the editor right behind the password',
    },
  },
  TOTP_WRONG: {
    zh: '{value} 的动态口令不对',
    en: 'wrong one-time code of {value}',
    status: 422,
    remedy: {
      zh: '手机与站点的时钟须一致；用下一个口令再试',
      en: 'the clocks of phone and station must agree; try the next code',
    },
  },
  TOTP_ON: {
    zh: '{value} 已启用动态口令',
    en: '{value} has one-time codes already',
    status: 409,
    remedy: {
      zh: '先停用，或由“管” yizhan person reset',
      en: 'turn them off first, or 管 configure runs yizhan person reset',
    },
  },
  SHARED_TOKEN_REFUSED: {
    zh: '站点已有人员，共用的 {field} 只作应急',
    en: 'the station has people: the shared {field} is for emergencies only',
    status: 401,
    remedy: {
      zh: 'yizhan login 以本人登录；应急用 --break-glass 原因，写入审计并报警；抓取指标用密钥 metrics.token',
      en: 'log in as yourself with yizhan login; in an emergency --break-glass REASON, which is audited and alarms; to scrape metrics use the secret metrics.token',
    },
  },
  REQUEST_FORGED: {
    zh: '请求不是从本站页面发出的',
    en: 'the request was not made by a page of this station',
    status: 403,
    remedy: {
      zh: '带会话 Cookie 的改动须带 x-yizhan-csrf（GET /api/v1/session 给出）；程序用 Bearer 会话',
      en: 'changes with the session’s cookie bear x-yizhan-csrf (GET /api/v1/session tells it); programs use the session as a bearer token',
    },
  },
} as const satisfies Record<string, ErrorEntry>
