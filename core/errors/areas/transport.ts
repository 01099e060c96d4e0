import type { ErrorEntry } from '../entry.ts'

/** Bus, delivery and hops. */
export const TRANSPORT_ERRORS = {
  BUS_UNAVAILABLE: {
    zh: '消息总线不可用：{detail}',
    en: 'the bus is unavailable: {detail}',
    status: 503,
    retryable: true,
    remedy: { zh: '检查 RabbitMQ；恢复后自动补发', en: 'check RabbitMQ; the station catches up by itself' },
  },
  BUS_UNROUTABLE: {
    zh: '没有队列接收：{field}',
    en: 'no queue takes this message: {field}',
    status: 503,
    retryable: true,
    answer: true,
    remedy: { zh: '建立队列或绑定；系统会自动重试', en: 'declare the queue or binding; it is retried' },
  },
  SYSTEM_TLS: {
    zh: '与系统“{field}”的 TLS 连接不成立：{detail}',
    en: 'no TLS connection to system “{field}”: {detail}',
    status: 502,
    retryable: true,
    remedy: {
      zh: '系统自动重试；核对 tls.caFile、对方证书的名称（tls.serverName）与有效期；对方要我方证书的，核对 tls.certFile、keyFile',
      en: 'it is retried; check tls.caFile, the name in their certificate (tls.serverName) and its dates, and tls.certFile and keyFile where they want ours',
    },
  },
  SYSTEM_UNREACHABLE: {
    zh: '系统“{field}”连不上：{detail}',
    en: 'system “{field}” cannot be reached: {detail}',
    status: 502,
    retryable: true,
    remedy: { zh: '检查对方服务与网络；系统会自动重试', en: 'check the system and the network; it is retried' },
  },
  SYSTEM_TIMEOUT: {
    zh: '系统“{field}”在 {rule} 内没有应答',
    en: 'system “{field}” did not answer within {rule}',
    status: 504,
    retryable: true,
    remedy: { zh: '系统会先查询再重发', en: 'the station asks before it sends again' },
  },
  SYSTEM_REFUSED: {
    zh: '系统“{field}”拒收：{detail}',
    en: 'system “{field}” refused it: {detail}',
    status: 502,
    answer: true,
    remedy: { zh: '按拒收原因处理后从死信重放', en: 'mend the cause and replay it from the dead letters' },
  },
  SYSTEM_FAULT: {
    zh: '系统“{field}”应答异常：{detail}',
    en: 'system “{field}” answered with a fault: {detail}',
    status: 502,
    retryable: true,
    remedy: { zh: '系统会自动重试；持续出现请联系对方厂商', en: 'it is retried; if it lasts, call the vendor' },
  },
  STATUS_UNCLEAR: {
    zh: '系统“{field}”对投递状态查询的应答不是状态：{detail}',
    en: 'system “{field}” answered the question whether it has taken a delivery with something else: {detail}',
    status: 502,
    retryable: true,
    answer: true,
    remedy: {
      zh: '请对方厂商实现状态查询；多次查询无果的投递会停下等人核实（pace.probes）',
      en: 'have the vendor answer status questions; a delivery that cannot be asked about is held for a person after pace.probes tries',
    },
  },
  REPAIR_FORBIDDEN: {
    zh: '修正时不得改动“{field}”（“{value}”）：那是发文者的话',
    en: '“{field}” (“{value}”) must not be repaired: it is what the sender said',
    status: 409,
    remedy: {
      zh: '只修正可修正的字段（见 docs/ARCHITECTURE.md）；内容有误的，丢弃该死信，请发文单位撤回重发',
      en: 'repair only the fields that docs/ARCHITECTURE.md lists; where the content is wrong, drop the letter and have the sender withdraw and issue it again',
    },
  },
  IN_DOUBT: {
    zh: '系统“{field}”是否已收到无法确定，等待人工处理',
    en: 'it is not known whether system “{field}” has taken it; an operator must say',
    status: 502,
    remedy: {
      zh: '向对方核实：未收到则从死信重放（站点先再问一次，问不出才照您的话重发），已收到则丢弃该死信',
      en: 'ask the receiver: replay the dead letter if it has not arrived (the station asks once more and sends if nobody can say), drop it if it has',
    },
  },
  STALE: {
    zh: '租约已过期：{field}',
    en: 'the lease has run out: {field}',
    status: 409,
    remedy: { zh: '无需处理：工作已由他人接手', en: 'nothing to do: another worker has taken over' },
  },
  HOP_FAILED: {
    zh: '流程节点失败：{field}：{detail}',
    en: 'a flow node failed: {field}: {detail}',
    status: 500,
    remedy: { zh: '修正流程后从死信重放', en: 'mend the flow and replay from the dead letters' },
  },
  NO_SUBSCRIPTION: {
    zh: '没有流程订阅此消息：{field}',
    en: 'no flow subscribes to this message: {field}',
    status: 500,
    remedy: {
      zh: '在编辑器中加入相应的入口节点，再从死信重放',
      en: 'add a source node for it in the editor and replay',
    },
  },
  MUST_NOT_REACH: {
    zh: '禁止送达“{value}”：{rule}',
    en: 'must not reach “{value}”: {rule}',
    status: 403,
    remedy: {
      zh: '从收件单位中去掉被反映单位',
      en: 'remove the unit that the petition reports on from the recipients',
    },
  },
  FLOWS_GONE: {
    zh: '流程进程已断开',
    en: 'the flow process is gone',
    status: 503,
    retryable: true,
    remedy: { zh: '站点会自动重启流程进程', en: 'the station restarts it' },
  },
  LINK_VERSION: {
    zh: '流程进程的连接协议为第 {value} 版，本站为第 {rule} 版',
    en: 'the flow process speaks version {value} of the link, the station version {rule}',
    status: 409,
    remedy: {
      zh: '在该 Node-RED 中安装与站点同一版本的节点，再重启它',
      en: 'install the nodes of the station’s own version in that Node-RED, and restart it',
    },
  },
  HOP_KILLS_FLOWS: {
    zh: '该消息使流程进程中止：{detail}',
    en: 'this message ended its flow process: {detail}',
    status: 500,
    remedy: {
      zh: '改正所指流程页上的节点后，再重放此死信',
      en: 'mend the node on the tab that is named, then replay the dead letter',
    },
  },
  SFTP_HOST_KEY: {
    zh: '系统“{field}”的主机密钥 {value} 不在配置之列（{rule}），未登录',
    en: 'the host key {value} of system “{field}” is none of those configured ({rule}); not logged in',
    status: 502,
    retryable: true,
    remedy: {
      zh: '向对方核实后把新指纹加入 hostKeys；未核实之前不要更改',
      en: 'verify the key with whoever runs the system before you add it to hostKeys',
    },
  },
} as const satisfies Record<string, ErrorEntry>
