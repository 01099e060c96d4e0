import type { ErrorEntry } from '../../core/errors/entry.ts'

/** Short messages and their centre. */
export const SMS_ERRORS = {
  SMS_NUMBER: {
    zh: '手机号码不合规则：{field} = “{value}”（规则：{rule}）',
    en: 'not a mobile number: {field} = “{value}” (rule: {rule})',
    status: 422,
    remedy: { zh: '在通讯录中改正该人员的手机号码', en: 'correct the person’s mobile number in the directory' },
  },
  SMS_KEPT_DAMAGED: {
    zh: '状态报告或长短信分段的存档 {field} 第 {value} 行损坏，其报文暂不应答',
    en: 'line {value} of the kept status reports or parts of replies {field} is damaged; what belongs there is not answered',
    status: 500,
    retryable: true,
    remedy: {
      zh: '改正或删去该行；删除整个文件只丢失尚未归位的报告、尚未拼齐的回复',
      en: 'mend or remove the line; without the file only reports that were not placed yet, and replies that were not complete yet, are lost',
    },
  },
  SMS_REFUSED: {
    zh: '短信中心“{field}”拒收：结果 {value}（{detail}）',
    en: 'the SMS centre “{field}” refused it: result {value} ({detail})',
    status: 502,
    remedy: {
      zh: '按结果代码处理（号码、接入号、业务代码或内容），再从死信重放',
      en: 'mend what the result names (number, access number, service, text) and replay it from the dead letters',
    },
  },
  SMS_FLOW: {
    zh: '短信中心“{field}”限制流量：结果 {value}',
    en: 'the SMS centre “{field}” limits the flow: result {value}',
    status: 503,
    retryable: true,
    answer: true,
    remedy: {
      zh: '系统已自动降速并重试；经常出现时调低 perSecond',
      en: 'the station slows down and retries; if it is frequent, lower perSecond',
    },
  },
  SMS_LOGIN: {
    zh: '短信中心“{field}”登录不成：{value}（{detail}）',
    en: 'login at the SMS centre “{field}” failed: {value} ({detail})',
    status: 502,
    retryable: true,
    remedy: {
      zh: '核对企业代码、密码、协议版本与登记的 IP 地址；改正后自动恢复',
      en: 'check account, secret, protocol version and the registered address; it recovers by itself',
    },
  },
  SMS_FRAME: {
    zh: '短信中心“{field}”的报文无法理解：{detail}',
    en: 'the SMS centre “{field}” sent bytes that cannot be understood: {detail}',
    status: 502,
    retryable: true,
    remedy: {
      zh: '核对协议版本；持续出现请联系运营商',
      en: 'check the protocol version; if it lasts, call the carrier',
    },
  },
} as const satisfies Record<string, ErrorEntry>

declare module '../../core/errors/catalogue.ts' {
  interface ErrorAreas {
    readonly sms: typeof SMS_ERRORS
  }
}
