import { z } from 'zod'
import { isObject } from '../../core/config/merge.ts'

const ms = z.number().int().positive()
const bytes = z.number().int().positive()

const loopback = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/

/** Where the portal wants to be called. */
const callbackSchema = z
  .strictObject({
    url: z
      .url({ protocol: /^https?$/ })
      .describe(
        '答复、状态、公开各以 POST 送到这里；核对用 GET {url}/{投递编号} / receives POST for each reply, state and publication, and GET {url}/{delivery id} as the probe',
      ),
    allowPlainHttp: z
      .boolean()
      .default(false)
      .describe(
        '也可用 http: 到别的机器；只用于下层已加密的网络 / also allows http: to other machines; only for networks that are encrypted below HTTP',
      ),
    signature: z
      .enum(['sha256', 'sm3'])
      .default('sha256')
      .describe(
        '签名头的算法；密钥为 <id>.callback / of the signature header; the key is the secret <system id>.callback',
      ),
    timeoutMs: ms.default(30_000).describe('一次调用 / one call'),
    concurrency: z.number().int().min(1).max(64).default(4).describe('同时几个连接 / connections at once'),
  })
  .refine(
    ({ url, allowPlainHttp }) => allowPlainHttp || !url.startsWith('http:') || loopback.test(new URL(url).hostname),
    {
      path: ['url'],
      when: ({ value }) => isObject(value) && URL.canParse(String(value['url'])),
      error: '本机以外须为 https / https is required off loopback',
    },
  )

/** The portal adapter's settings. Every key has a default; without `callback` the portal polls. */
export const portalSchema = z.strictObject({
  limits: z
    .strictObject({
      requestBytes: bytes
        .default(6 * 1024 * 1024)
        .describe(
          '一个请求在线上的大小；base64 使附件大三分之一 / one request on the wire; base64 makes a third more of the files',
        ),
      inflatedBytes: z
        .number()
        .int()
        .min(0)
        .default(6 * 1024 * 1024)
        .describe('gzip 请求展开后的大小；0 拒绝 gzip / a gzip body may inflate to this; 0 refuses gzip'),
      fileBytes: bytes.default(3 * 1024 * 1024).describe('一件信访的附件合计 / all files of a petition together'),
      files: z.number().int().min(0).max(100).default(10).describe('一件信访几个附件 / files of a petition'),
      bodyTimeoutMs: ms
        .default(30_000)
        .describe('从请求的第一个字节到内容的最后一个 / from the first byte of a request to the last of its body'),
      bodyBytesPerSecond: bytes
        .default(1_000)
        .describe('每秒少于这么多字节的不等 / whoever sends more slowly is not waited for, bytes a second'),
    })
    .prefault({})
    .describe('上限 / limits'),
  fileTypes: z
    .array(z.string().regex(/^[a-z0-9]{1,10}$/))
    .default(['pdf', 'ofd', 'doc', 'docx', 'wps', 'txt', 'xls', 'xlsx', 'jpg', 'jpeg', 'png', 'zip'])
    .describe('群众可以上传的扩展名，小写 / file name extensions that citizens may send, lower case'),
  query: z
    .strictObject({
      open: z
        .boolean()
        .default(false)
        .describe(
          '群众的浏览器不凭账号查询；否则由门户凭自己的账号查 / citizens’ browsers may ask without an account; otherwise the portal asks for them with its own',
        ),
      perClientPerMinute: z
        .number()
        .int()
        .positive()
        .default(60)
        .describe(
          '一个来源每分钟几次：一个地址（IPv6 为 /64），经所列代理的按其所说 / a client is an address (IPv6: its /64), as the listed proxies say it (http.proxies)',
        ),
      perCodePerMinute: z
        .number()
        .int()
        .positive()
        .default(10)
        .describe('一个查询码每分钟几次 / questions for one code a minute'),
    })
    .prefault({})
    .describe('查询 / queries'),
  files: z
    .enum(['link', 'inline'])
    .default('link')
    .describe(
      '答复与公开的附件：给网址，或以 base64 写进 JSON / files of replies and publications: an address to fetch them from, or base64 in the JSON',
    ),
  pageSize: z.number().int().min(1).max(500).default(50).describe('一次应答列几件公开 / publications in one answer'),
  callback: callbackSchema.optional().describe('回调；没有则由门户来查 / call-backs; absent: the portal polls'),
})
export type PortalConfig = z.infer<typeof portalSchema>
export type CallbackConfig = NonNullable<PortalConfig['callback']>
