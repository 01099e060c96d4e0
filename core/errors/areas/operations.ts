import type { ErrorEntry } from '../entry.ts'

/** The operators' interface and its command line: what they name is not there, or the station cannot be asked. */
export const OPERATIONS_ERRORS = {
  ALARM_UNKNOWN: {
    zh: '没有告警 {value}',
    en: 'there is no alarm {value}',
    status: 404,
    remedy: { zh: 'yizhan alarms 列出告警及其标识', en: 'yizhan alarms shows them and their ids' },
  },
  PAUSED_UNREADABLE: {
    zh: '暂停投递的记录 {field} 读不出：{detail}',
    en: 'the file of paused systems {field} cannot be read: {detail}',
    status: 500,
    remedy: {
      zh: '从备份恢复它；都没有的，移走它，站点启动后重新暂停要停的系统',
      en: 'restore it from a backup; without one move it away, start the station, and pause anew what is to be paused',
    },
  },
  SYSTEM_UNKNOWN: {
    zh: '配置中没有系统 {value}',
    en: 'there is no system {value} in the configuration',
    status: 404,
    remedy: { zh: '值班台总览列出系统；systems.yaml', en: 'the overview shows them; systems.yaml' },
  },
  SYSTEM_NOT_CALLED: {
    zh: '系统 {value} 由对方来取，没有可暂停或重试的投递',
    en: 'the system {value} fetches by itself: there is no delivery to pause or to try',
    status: 409,
    remedy: { zh: '要停它，停用其账号', en: 'to stop it, take away its account' },
  },
  SYSTEM_STATE: {
    zh: '系统 {value}：{rule}',
    en: 'the system {value}: {rule}',
    status: 409,
    remedy: { zh: '看总览中它的现状', en: 'see how it is in the overview' },
  },
  TASK_UNKNOWN: {
    zh: '没有这件长工作：{value}',
    en: 'there is no such long work: {value}',
    status: 404,
    remedy: { zh: '重启后不再记得；看死信还有哪些', en: 'a restart forgets it: see which dead letters are left' },
  },
  RETENTION_OFF: {
    zh: '没有设保留期限，什么也不会删',
    en: 'there is no retention policy: nothing is ever pruned',
    status: 409,
    remedy: {
      zh: '在 station.yaml 写 retention: {…}，见 docs/retention.md',
      en: 'write retention: {…} in station.yaml; see docs/retention.md',
    },
  },
  ARCHIVE_FILE_DAMAGED: {
    zh: '归档文件 {field} 读回的与写入的不同，没有采用：{detail}',
    en: 'the archive file {field} does not read as it was written, and was not taken: {detail}',
    status: 500,
    remedy: {
      zh: '检查归档文件夹所在的盘；台账里什么也没删，下次再试',
      en: 'check the disk of the archive folder; nothing was taken out of the ledger, and it is tried again',
    },
  },
  COMMAND_INVALID: {
    zh: '命令不对：{field}：{rule}',
    en: 'wrong command: {field}: {detail}',
    remedy: {
      zh: '用法见 yizhan --help、yizhan <命令> --help',
      en: 'yizhan --help and yizhan <command> --help show how it is written',
    },
  },
  STATION_UNREACHABLE: {
    zh: '联系不上站点 {field}：{detail}',
    en: 'the station {field} cannot be reached: {detail}',
    status: 502,
    retryable: true,
    remedy: {
      zh: '站点须已启动。地址取自 --station 或 YIZHAN_STATION，否则取自数据文件夹（--data 或 YIZHAN_DATA，缺省为 var/）中的 station.json',
      en: 'the station must be running. Its address is taken from --station or YIZHAN_STATION, else from station.json in the data folder (--data or YIZHAN_DATA, var/ unless told)',
    },
  },
  STATION_FOREIGN: {
    zh: '{field} 的应答不是驿站的：{detail}',
    en: '{field} does not answer as Yizhan: {detail}',
    status: 502,
    remedy: {
      zh: '核对 --station；中间有代理的，须放行 /admin',
      en: 'check --station; a proxy in between must let /admin pass',
    },
  },
  ADMIN_TOKEN_UNREAD: {
    zh: '得不到运维令牌 admin.token：{field}：{rule}',
    en: 'the operators’ token admin.token cannot be had: {field}: {rule}',
    status: 401,
    remedy: {
      zh: '用 --secrets（或 YIZHAN_SECRETS_FILE）指明站点启动时所用的密钥文件，以能读它的用户执行；或设 YIZHAN_SECRET_ADMIN_TOKEN',
      en: 'name the secrets file that the station was started with by --secrets (or YIZHAN_SECRETS_FILE), as a user who may read it; or set YIZHAN_SECRET_ADMIN_TOKEN',
    },
  },
  ADMIN_TOKEN_REFUSED: {
    zh: '站点 {value} 不认此运维令牌（取自 {field}）',
    en: 'the station {value} does not know this token (from {field})',
    status: 401,
    remedy: {
      zh: '令牌属于另一个站点，或站点启动后密钥已改：用 --secrets 指明该站点启动时所用的密钥文件',
      en: 'it is another station’s, or was changed since the station started: name the secrets file that this station was started with by --secrets',
    },
  },
  DEAD_LETTER_UNKNOWN: {
    zh: '没有死信 {value}',
    en: 'there is no dead letter {value}',
    status: 404,
    remedy: {
      zh: 'yizhan dead-letters list 列出死信；已重放或丢弃的不在其中，经过见 yizhan where',
      en: 'yizhan dead-letters list shows them; what was replayed or dropped is none any more, yizhan where tells its story',
    },
  },
  HELD_UNKNOWN: {
    zh: '没有待核定是否涉密的件 {value}',
    en: 'nothing is held for a judgement as {value}',
    status: 404,
    remedy: {
      zh: 'yizhan held list 列出待核定的；已放行或不收的不在其中',
      en: 'yizhan held list shows what is held; what was released or refused is not there any more',
    },
  },
  PETITION_UNKNOWN: {
    zh: '没有信访件 {value}',
    en: 'there is no petition {value}',
    status: 404,
    remedy: {
      zh: 'yizhan petition list 列出待核定的信访件及其受理编号（不是公民的查询码）',
      en: 'yizhan petition list shows those that wait for a decision and their ids (not the citizens’ query codes)',
    },
  },
  SUBSCRIPTION_UNKNOWN: {
    zh: '没有订阅“{value}”',
    en: 'there is no subscription “{value}”',
    status: 404,
    remedy: { zh: 'yizhan subscriptions list 列出订阅', en: 'yizhan subscriptions list shows them' },
  },
  ARCHIVE_BATCH_UNKNOWN: {
    zh: '没有待更正的归档批次 {value}',
    en: 'no batch {value} waits to be corrected',
    status: 404,
    remedy: {
      zh: 'yizhan archive refused 列出待更正的批次；已更正重送的不在其中',
      en: 'yizhan archive refused shows those that wait; what was sent again does not',
    },
  },
  ARCHIVE_DOCUMENT_UNKNOWN: {
    zh: '不能确定批次 {field} 中的哪一件：{value}',
    en: 'which document of batch {field} is not certain: {value}',
    status: 404,
    remedy: {
      zh: '用 --document 给出发文字号、档号或收文号；yizhan archive refused 列出各件',
      en: 'name it by --document: its number, archive number or id; yizhan archive refused shows them',
    },
  },
} as const satisfies Record<string, ErrorEntry>
