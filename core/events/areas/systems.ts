import type { EventEntry } from '../entry.ts'

/** The systems around us, the bus and its channels. */
export const SYSTEM_EVENTS = {
  'system.open': { level: 'error', zh: '系统熔断', en: 'circuit opened', folds: 'outage', alarm: true },
  'system.closed': { level: 'info', zh: '系统恢复', en: 'circuit closed', folds: 'outage', recovery: true },
  'poll.failed': { level: 'error', zh: '轮询失败，将继续尝试', en: 'polling failed, tried again', folds: 'outage' },
  'poll.recovered': { level: 'info', zh: '轮询恢复', en: 'polling works again', folds: 'outage', recovery: true },
  'profile.quirk': { level: 'debug', zh: '报文有误，已按方言容错', en: 'a fault of the dialect was tolerated' },
  'login.accepted': { level: 'info', zh: '登录', en: 'logged in', audit: true },
  'login.refused': { level: 'warn', zh: '登录被拒', en: 'login refused', audit: true },
  'bus.connected': { level: 'info', zh: '消息总线已连接', en: 'bus connected', folds: 'outage', recovery: true },
  'bus.lost': { level: 'error', zh: '消息总线断开', en: 'bus connection lost', folds: 'outage', alarm: true },
  'bus.blocked': {
    level: 'error',
    zh: '消息总线内存或磁盘不足，暂不接收，恢复后自动继续',
    en: 'the broker is short of memory or disk and takes nothing; it goes on by itself',
    folds: 'outage',
    alarm: true,
  },
  'bus.unblocked': {
    level: 'info',
    zh: '消息总线恢复接收',
    en: 'the broker takes messages again',
    folds: 'outage',
    recovery: true,
  },
  'bus.queue-differs': {
    level: 'warn',
    zh: '总线上已有同名队列而参数不同，照原样使用',
    en: 'a queue exists with other arguments and is used as it is',
  },
  'bus.queue-replaced': {
    level: 'info',
    zh: '第一版的队列已由仲裁队列接替并删除',
    en: 'a queue of the first release was replaced by quorum queues and deleted',
  },
  'bus.dead': {
    level: 'error',
    zh: '消息多次退回，已由总线移入死信队列',
    en: 'an item came back too often; the broker has moved it to the queue of the dead letters',
    alarm: true,
  },
  'bus.refused': {
    level: 'error',
    zh: '消息总线拒绝声明或消费队列，稍后再试',
    en: 'the bus refuses to declare or consume a queue, tried again later',
    folds: 'outage',
  },
  'bus.poison': {
    level: 'warn',
    zh: '队列中的消息无法识别，已移入死信队列',
    en: 'an item in our queue cannot be read and goes to the queue of the dead letters',
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
    folds: 'feed',
  },
  'feed.resumed': {
    level: 'info',
    zh: '公开事件恢复发布',
    en: 'the public feed is published again',
    folds: 'feed',
    recovery: true,
  },
  'feed.read': {
    level: 'info',
    zh: '凭事件链接取全文',
    en: 'a message was fetched by a link of the feed',
    audit: true,
  },
} as const satisfies Record<string, EventEntry>
