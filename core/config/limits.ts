import { z } from 'zod'

const ms = z.number().int().positive()
const bytes = z.number().int().positive()

/** `limits` of station.yaml: what may be held, and for how long it is waited for. */
export const limitsSchema = z
  .strictObject({
    documentBytes: bytes.default(3 * 1024 * 1024).describe('公文与附件合计 / document and attachments together'),
    requestBytes: bytes
      .default(6 * 1024 * 1024)
      .describe('一个请求在线上的大小，base64 与标记在内 / one request on the wire, base64 and markup included'),
    inflatedBytes: bytes.default(6 * 1024 * 1024).describe('gzip 请求展开后的大小 / a gzip body may inflate to this'),
    bodyTimeoutMs: ms.default(120_000).meta({
      description: '从请求头到内容的最后一个字节 / from a request’s headers to the last byte of its body',
      since: '0.2.0',
    }),
    bodyBytesPerSecond: bytes.default(1_000).meta({
      description: '每秒少于这么多字节的不等 / whoever sends more slowly is not waited for, bytes a second',
      since: '0.2.0',
    }),
    memoryBytes: bytes
      .default(256 * 1024 * 1024)
      .describe(
        '手上的请求合计；未登录的至多占四分之一 / all requests in hand together, as they come; a quarter of it for those who have not logged in',
      ),
    refusedFileTypes: z
      .array(z.string().regex(/^[a-z0-9]{1,10}$/))
      .default([
        ...['exe', 'com', 'bat', 'cmd', 'scr', 'pif', 'msi', 'msp', 'dll', 'sys', 'cpl', 'hta', 'lnk', 'reg', 'jar'],
        ...[
          'vb',
          'vbs',
          'vbe',
          'js',
          'jse',
          'ws',
          'wsf',
          'wsh',
          'ps1',
          'psm1',
          'sh',
          'app',
          'apk',
          'elf',
          'msc',
          'scf',
        ],
      ])
      .meta({
        description:
          '程序的扩展名，小写：带这些文件的一律不收 / extensions of programs, lower case: files with them are refused at every door',
        since: '0.2.0',
      }),
    openHops: z.number().int().positive().default(20_000).describe('等流程处理的消息 / messages that wait for flows'),
    openDeliveries: z.number().int().positive().default(500_000).describe('等投递的 / deliveries that wait'),
    freeDiskBytes: bytes
      .default(512 * 1024 * 1024)
      .describe(
        '空闲磁盘少于此就不收文；其十分之一留作备用文件，什么都没有时腾出 / acceptance stops below this much free disk; a tenth of it is set aside as a file (reserve in the data folder), which goes when nothing else is left, so that what was sent can be booked',
      ),
  })
  .prefault({})
  .describe('上限 / limits')
