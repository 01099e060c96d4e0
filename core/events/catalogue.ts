export type Level = 'error' | 'warn' | 'info' | 'debug'

/** One entry of the event catalogue; `docs/logs.md` is held against it by a test. */
export interface EventEntry {
  readonly level: Level
  readonly zh: string
  readonly en: string
  /** part of the audit chain in the ledger (and then always with a message, a system, a source or an actor) */
  readonly audit?: true
  /**
   * The group with which it is folded in the log where it repeats within its subject (`Folding`); false: never. Unless
   * told, errors and warnings fold with their own kind and the rest does not.
   */
  readonly folds?: string | false
  /** a person has to do something: marked in the log, counted by itself, and an alert in syslog */
  readonly alarm?: true
  /** ends what its group told */
  readonly recovery?: true
}

/**
 * Everything that leaves a line in the log. Codes are stable: alarms and reports are built on them.
 * One line a step that matters; healthy silence otherwise; what repeats is folded.
 */
export const EVENTS = {
  'message.accepted': { level: 'info', zh: '收文', en: 'accepted', audit: true },
  'message.repeated': {
    level: 'info',
    zh: '重复提交，按原结果应答',
    en: 'submitted again, answered as before',
    audit: true,
  },
  'message.refused': { level: 'warn', zh: '拒收', en: 'refused at the door', audit: true },
  'message.classified': {
    level: 'error',
    zh: '涉密公文被拒，已报警',
    en: 'a classified document was refused',
    audit: true,
    alarm: true,
  },
  'output.classified': {
    level: 'error',
    zh: '流程输出或人工修正的内容涉密，已拒绝并报警',
    en: 'what a flow put out or a person repaired bears marks of secrecy: refused',
    audit: true,
    alarm: true,
  },
  'petition.held': {
    level: 'info',
    zh: '信访件涉及被反映单位，待信访机构核定',
    en: 'a petition reports on somebody: the petition office is to decide',
    audit: true,
  },
  'petition.decided': { level: 'info', zh: '信访件已核定', en: 'the petition office has decided', audit: true },
  'message.doubtful': {
    level: 'warn',
    zh: '疑似涉密标志，拒收',
    en: 'a word that may be a mark of secrecy: refused',
    audit: true,
  },
  'message.declared': {
    level: 'info',
    zh: '发送方声明不涉密',
    en: 'the sender declares that it is not classified',
    audit: true,
  },
  'message.unread': {
    level: 'info',
    zh: '有文件无法检查是否涉密',
    en: 'a file could not be examined for marks of secrecy',
    audit: true,
  },
  'message.held': { level: 'warn', zh: '待人工核定是否涉密', en: 'held for a person to judge', audit: true },
  'held.released': { level: 'info', zh: '核定为不涉密，放行', en: 'judged not classified, released', audit: true },
  'held.refused': { level: 'warn', zh: '核定不收，已清除', en: 'judged and refused, wiped', audit: true, folds: false },
  'account.rejected': { level: 'warn', zh: '账号认证失败', en: 'authentication failed', audit: true },
  'account.guessing': {
    level: 'error',
    zh: '同一来源反复认证失败，疑似猜测口令',
    en: 'one source fails to log in again and again: somebody may be guessing passwords',
    audit: true,
    alarm: true,
  },
  'hop.committed': { level: 'debug', zh: '流程完成', en: 'flow finished', audit: true },
  'hop.failed': { level: 'warn', zh: '流程失败，将重试', en: 'flow failed, will be retried', audit: true },
  'hop.stale': { level: 'warn', zh: '流程输出迟到，已拒绝', en: 'late output of a flow refused' },
  'hop.late-send': { level: 'warn', zh: '流程在结束后仍发送消息', en: 'a flow sent a message after its hop had ended' },
  'hop.untracked': {
    level: 'warn',
    zh: '节点无法跟踪，可能提前结束',
    en: 'a node cannot be followed, its hop may end early',
  },
  'delivery.delivered': { level: 'info', zh: '送达', en: 'delivered', audit: true },
  'delivery.retry': {
    level: 'warn',
    zh: '投递失败，将重试',
    en: 'delivery failed, will be retried',
    audit: true,
    folds: 'outage',
  },
  'delivery.in-doubt': {
    level: 'warn',
    zh: '投递结果不明，能查询的先查询再重发',
    en: 'delivery in doubt: asked, where that is possible, before it is sent again',
    audit: true,
    folds: 'outage',
  },
  'delivery.held': {
    level: 'error',
    zh: '投递结果不明且无法查明，停下等人核实',
    en: 'in doubt and nobody can say: held for a person',
    audit: true,
    folds: 'outage',
    alarm: true,
  },
  'delivery.probed': { level: 'info', zh: '查询到投递结果', en: 'the probe answered', audit: true, folds: 'outage' },
  'delivery.repeated': {
    level: 'warn',
    zh: '可能重复投递',
    en: 'this copy may be the second',
    audit: true,
    folds: 'outage',
  },
  'delivery.refused': { level: 'error', zh: '对方拒收', en: 'refused by the system', audit: true },
  'delivery.expired': {
    level: 'error',
    zh: '逾期未送达，列入纸质补送（yizhan paper list）',
    en: 'expired, listed for paper (yizhan paper list)',
    audit: true,
    folds: 'outage',
    alarm: true,
  },
  'paper.sent': { level: 'info', zh: '已纸质补送', en: 'sent on paper', audit: true },
  'delivery.stale': {
    level: 'warn',
    zh: '投递登记迟到，已拒绝',
    en: 'late booking of a delivery refused',
    folds: 'outage',
  },
  'dead-letter.added': { level: 'error', zh: '进入死信', en: 'dead letter', audit: true, alarm: true },
  'dead-letter.replayed': { level: 'info', zh: '死信重放', en: 'dead letter replayed', audit: true },
  'dead-letter.repaired': {
    level: 'warn',
    zh: '死信内容经人修正',
    en: 'the content of a dead letter was repaired',
    audit: true,
    folds: false,
  },
  'dead-letter.dropped': { level: 'warn', zh: '死信丢弃', en: 'dead letter dropped', audit: true, folds: false },
  'system.open': { level: 'error', zh: '系统熔断', en: 'circuit opened', folds: 'outage', alarm: true },
  'system.closed': { level: 'info', zh: '系统恢复', en: 'circuit closed', folds: 'outage', recovery: true },
  'poll.failed': { level: 'error', zh: '轮询失败，将继续尝试', en: 'polling failed, tried again', folds: 'outage' },
  'poll.recovered': { level: 'info', zh: '轮询恢复', en: 'polling works again', folds: 'outage', recovery: true },
  'profile.quirk': { level: 'debug', zh: '报文有误，已按方言容错', en: 'a fault of the dialect was tolerated' },
  'directory.synced': { level: 'info', zh: '目录有变化', en: 'the directory has changed', audit: true },
  'directory.refused': {
    level: 'error',
    zh: '目录同步被拒，沿用原有快照',
    en: 'a synchronisation was refused, the old snapshot stays',
    audit: true,
    alarm: true,
  },
  'directory.damaged': {
    level: 'error',
    zh: '目录快照文件损坏，改用前一份',
    en: 'a snapshot file of the directory is damaged, the one before it serves',
  },
  'login.accepted': { level: 'info', zh: '登录', en: 'logged in', audit: true },
  'login.refused': { level: 'warn', zh: '登录被拒', en: 'login refused', audit: true },
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
    zh: '状态报告或回复未能登记，等对方重发',
    en: 'a status report or reply could not be kept; the centre will send it again',
  },
  'sms.report-unplaced': {
    level: 'error',
    zh: '状态报告不属于任何已知短信，已应答并留存',
    en: 'status reports belong to no known text; answered, and kept',
    alarm: true,
  },
  'sms.reply-refused': {
    level: 'error',
    zh: '短信回复不能收下，已应答中心',
    en: 'a reply by SMS was refused; the centre is answered',
  },
  'archive.unfit': {
    level: 'warn',
    zh: '收下的公文将来不能归档',
    en: 'a document that was accepted could never be archived',
    audit: true,
  },
  'archive.set-aside': {
    level: 'error',
    zh: '批次中有件不能移交，已另列待更正',
    en: 'documents of a batch cannot be sent and were set aside to be corrected',
    alarm: true,
  },
  'archive.receipt-set-aside': {
    level: 'error',
    zh: '档案回执无法处理，已另存',
    en: 'a receipt of the archive bureau cannot be taken and was set aside',
    alarm: true,
  },
  'bus.connected': { level: 'info', zh: '消息总线已连接', en: 'bus connected', folds: 'outage', recovery: true },
  'bus.lost': { level: 'error', zh: '消息总线断开', en: 'bus connection lost', folds: 'outage', alarm: true },
  'bus.refused': {
    level: 'error',
    zh: '消息总线拒绝声明或消费队列，稍后再试',
    en: 'the bus refuses to declare or consume a queue, tried again later',
    folds: 'outage',
  },
  'bus.poison': {
    level: 'warn',
    zh: '队列中的消息无法识别，已丢弃',
    en: 'an item in our queue cannot be read and was discarded',
  },
  'channel.refused': {
    level: 'error',
    zh: '通道来的消息不能收下，已入死信并向队列确认',
    en: 'a message of a channel is refused: a dead letter, and acknowledged to its queue',
    alarm: true,
  },
  'channel.held': {
    level: 'error',
    zh: '通道来的消息此刻不能入账，留住再试',
    en: 'messages of a channel cannot be taken in now; they are held and tried again',
    folds: 'outage',
  },
  'channel.resumed': {
    level: 'info',
    zh: '通道恢复收入',
    en: 'messages of a channel are taken in again',
    folds: 'outage',
    recovery: true,
  },
  'bus.returned': { level: 'debug', zh: '消息退回队列，稍后再取', en: 'an item went back to its queue' },
  'feed.held': {
    level: 'error',
    zh: '公开事件发布受阻，恢复后自动补发',
    en: 'the public feed cannot be published; it catches up by itself',
  },
  'feed.resumed': { level: 'info', zh: '公开事件恢复发布', en: 'the public feed is published again' },
  'feed.read': {
    level: 'info',
    zh: '凭事件链接取全文',
    en: 'a message was fetched by a link of the feed',
    audit: true,
  },
  'ledger.swept': { level: 'warn', zh: '台账清扫补发', en: 'the sweeper brought rows back' },
  'ledger.recovered': { level: 'info', zh: '台账恢复', en: 'ledger recovered after a restart' },
  'clock.held': {
    level: 'error',
    zh: '时钟不可信，逾期处理暂停，等人确认',
    en: 'the clock cannot be believed: nothing expires until a person confirms it',
    audit: true,
    alarm: true,
  },
  'clock.accepted': {
    level: 'warn',
    zh: '时钟已由人确认',
    en: 'a person has confirmed the clock',
    audit: true,
    folds: false,
  },
  'clock.back': { level: 'info', zh: '时钟恢复', en: 'the clock is back', audit: true },
  'ledger.behind': {
    level: 'error',
    zh: '台账末尾丢失，等人处理，暂不收发',
    en: 'the ledger has lost its tail: nothing goes on until a person decides',
    alarm: true,
  },
  'ledger.loss-accepted': {
    level: 'error',
    zh: '台账末尾丢失，已由人确认继续',
    en: 'the ledger has lost its tail, and a person has said to go on',
    audit: true,
    folds: false,
    alarm: true,
  },
  'ledger.unwitnessed': {
    level: 'warn',
    zh: '审计链末端未能另存',
    en: 'the end of the chain cannot be kept outside the database',
    alarm: true,
  },
  'content.damaged': {
    level: 'error',
    zh: '内容库损坏或缺失（本站的问题）',
    en: 'the content store is damaged or incomplete: ours to mend',
    audit: true,
    alarm: true,
  },
  'content.scrubbed': { level: 'info', zh: '内容库巡检完成', en: 'the content store was checked' },
  'subscription.opened': { level: 'debug', zh: '订阅建立', en: 'subscription opened' },
  'subscription.dropped': { level: 'warn', zh: '订阅撤销', en: 'subscription dropped', audit: true, folds: false },
  'subscription.orphaned': {
    level: 'error',
    zh: '积压无人订阅',
    en: 'a backlog that nobody subscribes to',
    alarm: true,
  },
  'flows.started': { level: 'info', zh: '流程进程就绪', en: 'flow process ready' },
  'flows.replaced': { level: 'error', zh: '流程进程失联，已更换', en: 'flow process replaced' },
  'flows.stuck': {
    level: 'error',
    zh: '流程进程停在循环中，将更换',
    en: 'a flow process stands still and is replaced',
  },
  'flows.large': {
    level: 'error',
    zh: '流程进程占用内存过大，将更换',
    en: 'a flow process is too large and is replaced',
  },
  'flows.apart': {
    level: 'info',
    zh: '另启流程进程，逐件处理可疑消息',
    en: 'a flow process apart takes the suspects, one at a time',
  },
  'flows.stray': {
    level: 'error',
    zh: '流程遗留了无人处理的错误',
    en: 'a flow left an error that nobody caught',
  },
  'editor.blocked': {
    level: 'error',
    zh: '编辑器端口无法打开',
    en: 'the port of the editor cannot be opened',
    folds: 'editor',
    alarm: true,
  },
  'editor.opened': {
    level: 'info',
    zh: '编辑器端口已打开',
    en: 'the port of the editor is open',
    folds: 'editor',
    recovery: true,
  },
  'flows.copied': {
    level: 'info',
    zh: '未指定流程文件夹，已将随附的流程复制到数据文件夹',
    en: 'no folder of flows was given: the shipped ones were copied into the data folder',
  },
  'flows.refused': {
    level: 'warn',
    zh: '流程发布被拒，原流程照常运行',
    en: 'a deploy was refused, the flows before go on',
    folds: false,
  },
  'flows.held-back': {
    level: 'error',
    zh: '流程页有误，暂不运行，其余照常',
    en: 'a tab of the flows cannot run and is held back, the others run',
    folds: false,
    alarm: true,
  },
  'flows.deployed': { level: 'info', zh: '流程发布', en: 'flows deployed', audit: true },
  'config.reloaded': { level: 'info', zh: '配置重新载入', en: 'configuration reloaded', audit: true },
  'config.rejected': {
    level: 'error',
    zh: '新配置有误，继续使用旧配置',
    en: 'the new configuration is wrong, the old one stays',
    folds: false,
    alarm: true,
  },
  'secrets.reloaded': { level: 'info', zh: '密钥重新载入', en: 'secrets reloaded', audit: true },
  'secrets.rejected': {
    level: 'error',
    zh: '密钥文件有误，继续使用原来的密钥',
    en: 'the secrets file is wrong, the secrets before stay',
    folds: false,
  },
  'secrets.missing': {
    level: 'error',
    zh: '缺少密钥，有关的账号或系统暂停，其余照常',
    en: 'secrets are missing: these accounts and systems are off, everything else goes on',
    audit: true,
    folds: false,
  },
  'secrets.found': { level: 'info', zh: '密钥已补上，恢复', en: 'no longer missing, on again', audit: true },
  'secrets.restart': {
    level: 'warn',
    zh: '密钥的改动在站点重启后生效',
    en: 'these secrets count after a restart',
    folds: false,
  },
  'secrets.old-used': {
    level: 'info',
    zh: '账号仍在使用旧口令',
    en: 'an account still logs in with its old password',
    audit: true,
  },
  'secrets.old-ended': {
    level: 'warn',
    zh: '旧口令已到期，不再接受',
    en: 'an old password has ended and is no longer accepted',
    audit: true,
    folds: false,
  },
  'data.narrowed': {
    level: 'warn',
    zh: '数据文件夹中他人可读写的已收回权限',
    en: 'others could get at the data: their rights are taken away',
  },
  'data.open': {
    level: 'error',
    zh: '数据文件夹中有文件他人可读写，无法收回（属主不是站点的账户）',
    en: 'others can get at the data, and the station cannot change it: the files are not its own',
  },
  'station.started': { level: 'info', zh: '站点启动', en: 'station started', audit: true },
  'station.stopped': { level: 'info', zh: '站点停止', en: 'station stopped', audit: true },
  'station.over-watermark': {
    level: 'error',
    zh: '超过水位，暂停收文',
    en: 'over a watermark, acceptance paused',
    folds: 'watermark',
    alarm: true,
  },
  'station.below-watermark': {
    level: 'info',
    zh: '水位恢复，继续收文',
    en: 'below the watermark again',
    folds: 'watermark',
    recovery: true,
  },
  'portal.limited': { level: 'warn', zh: '门户查询过于频繁，已限流', en: 'portal queries limited' },
  'internal.error': { level: 'error', zh: '内部错误', en: 'internal error' },
} as const satisfies Record<string, EventEntry>

export type EventCode = keyof typeof EVENTS

/** With what an event is folded; undefined for what always has a line of its own. */
export function groupOf(code: EventCode): string | undefined {
  const { level, folds }: EventEntry = EVENTS[code]
  if (folds === undefined) return level === 'error' || level === 'warn' ? code : undefined
  return folds === false ? undefined : folds
}

export function isAlarm(code: EventCode): boolean {
  const { alarm }: EventEntry = EVENTS[code]
  return alarm === true
}
