import type { ErrorEntry } from '../entry.ts'

/** Refusals at the door: rules of the field, accounts, limits. */
export const DOOR_ERRORS = {
  CLASSIFIED: {
    zh: '非涉密系统，禁止涉密公文：{field}（规则：{rule}）',
    en: 'classified documents must not enter this system: {field} (rule: {rule})',
    status: 422,
    remedy: {
      zh: '涉密公文一律走涉密渠道；确属误标请改正密级后重发',
      en: 'use the classified channel; if the mark is a mistake, correct it and submit again',
    },
  },
  CLASSIFIED_DOUBT: {
    zh: '{field}像密级标志，未收（规则：{rule}）',
    en: '{field} may bear a mark of secrecy and was not taken (rule: {rule})',
    status: 422,
    remedy: {
      zh: '确不涉密的，附声明 notClassified（姓名、理由；门户为 name、reason，SOAP 为 declarant、declaredReason）重新提交，声明将登记备查；涉密的一律走涉密渠道',
      en: 'if it is not classified, submit it again with the declaration notClassified (name and reason; in SOAP declarant and declaredReason), which is booked; if it is, use the classified channel',
    },
  },
  FILE_UNREADABLE: {
    zh: '{field}无法检查是否涉密：{value}（规则：{rule}）',
    en: '{field} cannot be examined for marks of secrecy: {value} (rule: {rule})',
    status: 422,
    remedy: {
      zh: '改为带文字的 PDF、OFD、docx 或文本后重新提交；或附声明 notClassified（姓名、理由；门户为 name、reason，SOAP 为 declarant、declaredReason）',
      en: 'submit it as PDF, OFD or docx with text, or as a text; or with the declaration notClassified (name and reason; in SOAP declarant and declaredReason)',
    },
  },
  HELD_FOR_REVIEW: {
    zh: '待人工核定是否涉密：{field}（规则：{rule}），编号 {value}',
    en: 'a person is to say whether it is classified: {field} (rule: {rule}), held as {value}',
    status: 409,
    retryable: true,
    remedy: {
      zh: '稍后原样再提交即得结果；或附声明 notClassified（姓名、理由；门户为 name、reason，SOAP 为 declarant、declaredReason）重新提交',
      en: 'submit the same again later for the answer, or with the declaration notClassified (name and reason; in SOAP declarant and declaredReason)',
    },
  },
  PETITION_NOT_PENDING: {
    zh: '“{value}”不是等待“{field}”核定的信访件',
    en: '“{value}” is no petition that waits for a decision of “{field}”',
    status: 409,
    remedy: {
      zh: '答复信访人请用其他办理结果；“转送”只用于核定件，由收到核定件的信访机构答复。运维见 yizhan petition list',
      en: 'answer the petitioner with another result; 转送 is for petitions sent to the petition office for its decision. Operators: yizhan petition list',
    },
  },
  PETITION_DECIDED: {
    zh: '信访件 {value} 已经核定并转送，不能再改为别的核定',
    en: 'petition {value} has been decided already, and otherwise',
    status: 409,
    remedy: {
      zh: '按原核定办理；须收回的，撤回转送单后另行发函',
      en: 'keep to the decision; to take it back, withdraw the referral and write to the units',
    },
  },
  TOO_LARGE: {
    zh: '超过大小上限：{field} 为 {value}，上限 {rule}',
    en: 'too large: {field} is {value}, the limit is {rule}',
    status: 413,
    remedy: { zh: '压缩或拆分附件后重发', en: 'compress or split the attachments and submit again' },
  },
  UNKNOWN_RECIPIENT: {
    zh: '收文单位无法识别：{field} 中的“{value}”（{rule}）',
    en: 'unknown recipient: “{value}” in {field} ({rule})',
    status: 422,
    remedy: {
      zh: '核对单位全称、简称或代码；新单位请先在 units.tsv 登记',
      en: 'check the name, alias or code; register a new unit in units.tsv first',
    },
  },
  UNIT_ABSENT: {
    zh: '收文单位当日不收文：{field} 中的“{value}”（{rule}）',
    en: 'nobody receives for “{value}” in {field} today ({rule})',
    status: 422,
    remedy: {
      zh: '改发接替其职能的单位；或由管理员在目录系统的 merges 中登记并入何单位，或改正 units.tsv 中的起止日期',
      en: 'address the unit that took over; or have the administrator name the successor in merges of the directory system, or correct its days in units.tsv',
    },
  },
  NO_RECIPIENT: {
    zh: '没有收文单位：{field}（{rule}）',
    en: 'nobody is addressed: {field} ({rule})',
    status: 422,
    remedy: { zh: '填写主送机关', en: 'name at least one main recipient' },
  },
  ISSUER_TWICE: {
    zh: '{field}中“{value}”不止一次',
    en: '“{value}” stands more than once among the issuers ({field})',
    status: 422,
    remedy: {
      zh: '联合行文的每个发文机关只列一次，全称与简称是同一单位',
      en: 'list each issuer of a joint document once; a full and a short name are one unit',
    },
  },
  LEAD_NOT_SENDER: {
    zh: '联合行文的主办机关“{value}”不是发文单位“{rule}”（{field}）',
    en: 'the lead of the joint document, “{value}”, is not its sender, “{rule}” ({field})',
    status: 422,
    remedy: {
      zh: '由主办机关发出，文号用主办机关的；或把发文单位列为第一个（新点：办理类别写“主办”）。单位另有名称的在 units.tsv 登记为别名',
      en: 'let the lead send it under its own number, or list the sender first (dialect A: 办理类别 主办). Register another name of a unit as an alias in units.tsv',
    },
  },
  NUMBER_IN_USE: {
    zh: '发文字号 {value} 已用于另一份有效公文（{rule}）',
    en: 'document number {value} is in use by another live document ({rule})',
    status: 409,
    remedy: {
      zh: '更换字号；或先撤回原件，被退文后可用原字号重发',
      en: 'use another number, or withdraw the earlier document first; after a return the number is free again',
    },
  },
  ID_IN_USE: {
    zh: '标识 {value} 已用于内容不同的另一次提交（{rule}）',
    en: 'id {value} was used for a submission with other content ({rule})',
    status: 409,
    remedy: {
      zh: '每次提交使用新的标识；重发同一提交时内容不得改变',
      en: 'use a new id for each submission; a repeated submission must not change',
    },
  },
  NUMBER_INVALID: {
    zh: '发文字号格式不对：{field} = “{value}”（规则：{rule}）',
    en: 'malformed document number: {field} = “{value}” (rule: {rule})',
    status: 422,
    remedy: {
      zh: '如 周政办〔2011〕83号；令、公告、纪要等可写 第12号、2026年第5号、第79期、〔2026〕81号',
      en: 'such as 周政办〔2011〕83号; orders, announcements and minutes may have 第12号, 2026年第5号, 第79期, 〔2026〕81号',
    },
  },
  NUMBER_AMBIGUOUS: {
    zh: '{field} = “{value}”不只一件：{rule}',
    en: '{field} = “{value}” names more than one: {rule}',
    status: 409,
    remedy: {
      zh: '改用收文标识或提交标识指明是哪一件',
      en: 'say which one by its id, or by the id of its submission',
    },
  },
  DIGEST_MISMATCH: {
    zh: '附件摘要不符：{field} 声明 {rule}，实际 {value}',
    en: 'digest mismatch: {field} declares {rule} but has {value}',
    status: 422,
    remedy: {
      zh: '文件在途中损坏或被改动，请重新提交',
      en: 'the file was damaged or changed on its way; submit it again',
    },
  },
  UNAUTHENTICATED: {
    zh: '账号或口令不对：{field}',
    en: 'wrong account or password: {field}',
    status: 401,
    remedy: {
      zh: '核对账号与口令；在同一处连续失败须等待，越来越久',
      en: 'check the account and its password; whoever fails repeatedly at one place waits there, longer and longer',
    },
  },
  ACCOUNT_WAITS: {
    zh: '账号“{field}”在此处口令连续错误，{value} 之前不再核对',
    en: 'too many wrong passwords for “{field}” from here: none is looked at before {value} (Asia/Shanghai)',
    status: 429,
    retryable: true,
    remedy: {
      zh: '到时再试；别处的登录不受影响。先改正所用口令，否则等待时间加倍',
      en: 'try again then; logins from elsewhere are not affected. Correct the password first, or the wait doubles',
    },
  },
  NOT_ENTITLED: {
    zh: '账号“{field}”无权代表“{value}”（{rule}）',
    en: 'account “{field}” may not act for “{value}” ({rule})',
    status: 403,
    remedy: {
      zh: '在 accounts.yaml 中登记该账号可代表的单位与业务种类',
      en: 'list the units and kinds that this account speaks for in accounts.yaml',
    },
  },
  FIELD_INVALID: {
    zh: '字段 {field} 的值“{value}”不合规则：{rule}',
    en: 'field {field} has the value “{value}”, which breaks the rule: {rule}',
    status: 422,
    remedy: { zh: '按规则改正该字段后重发', en: 'correct the field and submit again' },
  },
  FIELD_UNKNOWN: {
    zh: '没有字段 {field}：{rule}',
    en: 'no such field: {field} ({rule})',
    status: 422,
    remedy: {
      zh: '改正字段名，或去掉它；流程自用的内容放在 msg 的其他属性里，不放进消息',
      en: 'correct its name or leave it out; what a flow keeps for itself goes into other properties of msg, not into the message',
    },
  },
  NOT_FOUND: {
    zh: '找不到 {field} = “{value}”',
    en: 'not found: {field} = “{value}”',
    status: 404,
    remedy: {
      zh: '核对标识；只能查询本单位收发的公文',
      en: 'check the id; only what your unit sent or received can be looked up',
    },
  },
  ALREADY_SIGNED: {
    zh: '“{value}”已签收，不能再退文或撤回',
    en: '“{value}” has been signed for and can no longer be returned or withdrawn',
    status: 409,
    remedy: { zh: '签收之后请另行行文', en: 'after signature, issue a new document instead' },
  },
  WITHDRAWN: {
    zh: '“{value}”已被发文单位撤回',
    en: '“{value}” has been withdrawn by its issuer',
    status: 409,
    remedy: {
      zh: '以撤回通知为准；死信可放弃（drop）',
      en: 'follow the notice of withdrawal; a dead letter may be dropped',
    },
  },
  RETURNED: {
    zh: '“{value}”已退文',
    en: '“{value}” has been returned',
    status: 409,
    remedy: { zh: '等待发文单位改正后重发', en: 'wait for the corrected document' },
  },
  NOT_YOURS: {
    zh: '“{value}”不是发给“{field}”的，或不是其发出的',
    en: '“{value}” was neither sent to nor by “{field}”',
    status: 403,
    remedy: { zh: '核对公文标识', en: 'check the document id' },
  },
  OVERLOADED: {
    zh: '站点繁忙，请稍后重试（{rule}）',
    en: 'the station is over its watermark, try again later ({rule})',
    status: 503,
    retryable: true,
    remedy: { zh: '稍后自动重试即可', en: 'retry later' },
  },
} as const satisfies Record<string, ErrorEntry>
