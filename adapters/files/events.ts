import type { EventEntry } from '../../core/events/entry.ts'

/** The endpoint for files. */
export const FILES_EVENTS = {
  'files.listening': { level: 'info', zh: '文件接口已开放', en: 'the file endpoint is open' },
  'files.refused': {
    level: 'warn',
    zh: '对方目录中的文件被拒收，已在其 errors/ 说明，不再读取',
    en: 'a file in a folder of theirs was refused: said in their errors/, and not fetched again',
    alarm: true,
  },
  'files.stuck': {
    level: 'error',
    zh: '对方的服务器或目录不让完成一步（读、写、改名或删除），稍后再试',
    en: 'their server or folder would not let us read, write, rename or remove; tried again later',
    alarm: true,
  },
  'files.abandoned': {
    level: 'warn',
    zh: '上传的文件一直没有就绪，已清除并告知对方',
    en: 'an uploaded file never became ready: wiped, and its sender is told',
    audit: true,
  },
} as const satisfies Record<string, EventEntry>

declare module '../../core/events/catalogue.ts' {
  interface EventAreas {
    readonly files: typeof FILES_EVENTS
  }
}
