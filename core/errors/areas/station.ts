import type { ErrorEntry } from '../entry.ts'

/** The station itself: configuration, storage, the unexpected. */
export const STATION_ERRORS = {
  INTERNAL: {
    zh: '内部错误：{detail}',
    en: 'internal error: {detail}',
    status: 500,
    retryable: true,
    remedy: { zh: '请把日志交给维护人员', en: 'hand the log to the maintainers' },
  },
  CONFIG_INVALID: {
    zh: '配置错误：{field} = “{value}”，规则：{rule}',
    en: 'configuration error: {field} = “{value}”, rule: {rule}',
    status: 500,
    remedy: { zh: '改正该文件后重新启动', en: 'correct the file and start again' },
  },
  FOLDER_NOT_EMPTY: {
    zh: '文件夹 {field} 不是空的，其中有 {value}：什么也没有写',
    en: 'the folder {field} is not empty, it has {value}: nothing was written',
    remedy: {
      zh: '给出新的或空的文件夹；已有的站点用 yizhan check 检查',
      en: 'name a new or empty folder; yizhan check looks at a station that is there',
    },
  },
  BACKUP_BUSY: {
    zh: '另一个备份正在写入 {field}',
    en: 'another backup is being written into {field}',
    status: 409,
    retryable: true,
    remedy: { zh: '等它结束，或另给一个文件夹', en: 'wait for its end, or name another folder' },
  },
  BACKUP_UNKNOWN: {
    zh: '{field} 不是备份：其中没有能读的 {value}',
    en: '{field} is no backup: there is no {value} in it that can be read',
    status: 404,
    remedy: {
      zh: '给出 yizhan backup 写下的文件夹，名如 20260101T013000000Z',
      en: 'name a folder that yizhan backup has written, such as 20260101T013000000Z',
    },
  },
  BACKUP_DAMAGED: {
    zh: '备份 {field} 已损坏，有 {value} 个文件与清单不符：{detail}；什么也没有恢复',
    en: 'the backup {field} is damaged, {value} of its files are not as its manifest says: {detail}; nothing was restored',
    status: 422,
    remedy: { zh: '用另一次备份，或另一份拷贝', en: 'take another backup, or another copy of it' },
  },
  BACKUP_ENCRYPTED: {
    zh: '备份 {field} 已加密（{value}），须给出私钥',
    en: 'the backup {field} is encrypted (to {value}): a private key is wanted',
    status: 422,
    remedy: {
      zh: '--identity 给出私钥的文件，它不在站点的机器上',
      en: 'name the file of the private key, which is kept off the station’s machine: --identity FILE',
    },
  },
  BACKUP_KEY_OTHER: {
    zh: '备份 {field} 是加密给 {value} 的，{detail} 中没有它们的私钥',
    en: 'the backup {field} is encrypted to {value}, and {detail} has the private key of none of these',
    status: 422,
    remedy: { zh: '给出其中一个公钥的私钥', en: 'name the file with the private key of one of them' },
  },
  IDENTITY_UNREADABLE: {
    zh: '私钥文件 {field} 无法使用：{detail}',
    en: 'the file of private keys {field} cannot be used: {detail}',
    status: 422,
    remedy: {
      zh: '给出 age-keygen 写的文件：一行一个 AGE-SECRET-KEY-1…',
      en: 'name a file as age-keygen writes it: one AGE-SECRET-KEY-1… a line',
    },
  },
  STATION_FOLDER_MISSING: {
    zh: '{field} 不是站点的文件夹：没有 {value}',
    en: '{field} is no station’s folder: there is no {value}',
    status: 404,
    remedy: { zh: '先用 yizhan init 建立', en: 'make it with yizhan init first' },
  },
  ROWS_REFUSED: {
    zh: '没有写入：加上之后，{field} 中的配置将有 {value} 处错误',
    en: 'nothing was written: with them the configuration in {field} would have {value} faults',
    status: 422,
    remedy: { zh: '按所列改正命令或 CSV 文件后再试', en: 'mend the command or the CSV file as listed, and try again' },
  },
  SECRET_MISSING: {
    zh: '站点缺少密钥 {field}，有关的账号或系统暂停',
    en: 'the station lacks the secret {field}: the account or system that needs it is off',
    status: 503,
    retryable: true,
    remedy: {
      zh: '运维方补上该密钥，存盘即生效；`yizhan secrets` 列出缺少的密钥',
      en: 'the operators give the secret, which counts when it is saved; `yizhan secrets` lists what is missing',
    },
  },
  PORT_IN_USE: {
    zh: '端口 {value}（{field}）无法监听：{detail}',
    en: 'cannot listen on port {value} ({field}): {detail}',
    status: 500,
    retryable: true,
    remedy: {
      zh: '停止占用该端口的程序（ss -ltnp 可查），或在 station.yaml 中改用别的端口',
      en: 'stop the program that has it (ss -ltnp shows it), or give another port in station.yaml',
    },
  },
  FLOWS_REFUSED: {
    zh: '流程未发布，原流程照常运行：{field} “{value}”：{rule}',
    en: 'the flows were not deployed, those before go on: {field} “{value}”: {rule}',
    remedy: {
      zh: '改正或删除所指的节点后重新发布；停用节点或流程页不够',
      en: 'mend or delete the node that is named, then deploy again; disabling it or its tab is not enough',
    },
  },
  LEDGER_AWAY: {
    zh: '台账的 PostgreSQL 服务器 {value} 连不上或已断开',
    en: 'the PostgreSQL server {value} of the ledger cannot be reached, or the connection broke',
    status: 503,
    retryable: true,
    remedy: {
      zh: '查服务器、网络与 ledger.password；恢复后重发即可，已收下的会认出',
      en: 'look at the server, the network and ledger.password; send again when it is back: what was taken is recognised',
    },
  },
  LEDGER_HELD: {
    zh: '台账 {value} 已被另一站点打开',
    en: 'the ledger {value} is open in another station',
    status: 503,
    retryable: true,
    remedy: {
      zh: '一个台账同时只由一个站点打开：停掉那一个，或在 ledger.url 中换一个库或 search_path',
      en: 'one station at a time has a ledger open: stop that one, or name another database or search_path in ledger.url',
    },
  },
  LEDGER_NEWER: {
    zh: '台账是更新的版本写的（{value}），本版不能打开',
    en: 'the ledger was written by a later release ({value}), and this one cannot open it',
    status: 500,
    remedy: {
      zh: '用那个版本；要回到第一版，用那个版本执行 yizhan upgrade --back',
      en: 'use that release; to go back to the first one, run its yizhan upgrade --back',
    },
  },
  LEDGER_NOT_BACK: {
    zh: '台账不能退回第一版的形式：已用了 {value}，第一版接不下去审计链',
    en: 'the ledger cannot go back to the form of the first release: {value} is in use, and that release could not go on with the audit chain',
    status: 409,
    remedy: {
      zh: '用升级前的备份恢复（yizhan restore），其后收到的请发文单位重新报送',
      en: 'restore the backup from before the upgrade (yizhan restore), and ask senders for what came since',
    },
  },
  LEDGER_CORRUPT: {
    zh: '台账校验失败：{detail}',
    en: 'the ledger failed verification: {detail}',
    status: 500,
    remedy: {
      zh: '停止站点，从备份恢复并保全现场',
      en: 'stop the station, keep the evidence and restore from the backup',
    },
  },
  CLOCK_NOT_HELD: {
    zh: '时钟没有需要确认的跳变',
    en: 'the clock has no gap to confirm',
    status: 409,
    remedy: { zh: '无需处理；`yizhan clock` 显示现况', en: 'nothing to do; `yizhan clock` shows how it is' },
  },
  LEDGER_BEHIND: {
    zh: '台账缺少末尾 {value} 环，不能继续：{detail}',
    en: 'the ledger has lost its last {value} links and is not gone on with: {detail}',
    status: 503,
    remedy: {
      zh: '先保全数据目录，找回 ledger.db 与 ledger.db-wal（或较新的备份）再启动；确认找不回的，用 --accept-loss 启动，此事记入审计链；缺失期间的收文须请各单位核对补发',
      en: 'keep the data folder as it is, find ledger.db and ledger.db-wal or a newer backup, and start again; where nothing can be found, start with --accept-loss, which is booked in the audit chain, and ask the units to check what they sent',
    },
  },
  DISK_FULL: {
    zh: '磁盘已满：{field} 只余 {value}，启动至少要 {rule}',
    en: 'the disk is full: {field} has {value} left, a start wants {rule}',
    status: 503,
    retryable: true,
    remedy: {
      zh: '腾出空间（df -h、du 可查）；站点每几秒再看一次，够了就自行启动',
      en: 'make room (see df -h and du); the station looks again every few seconds and starts by itself',
    },
  },
  CONTENT_MISSING: {
    zh: '正文库缺少内容 {value}',
    en: 'the content store lacks {value}',
    status: 500,
    retryable: true,
    remedy: { zh: '从备份恢复 content 目录', en: 'restore the content folder from the backup' },
  },
} as const satisfies Record<string, ErrorEntry>
