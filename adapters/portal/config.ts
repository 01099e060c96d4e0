import { z } from 'zod'
import { isObject } from '../../core/config/merge.ts'

const ms = z.number().int().positive()
const bytes = z.number().int().positive()

const loopback = /^(127\.\d+\.\d+\.\d+|localhost|\[::1\])$/

/** Where the portal wants to be called. */
const callbackSchema = z
  .strictObject({
    /** receives `POST` for each reply, state and publication, and `GET {url}/{delivery id}` as the probe */
    url: z.url({ protocol: /^https?$/ }),
    /** also allows `http:` to other machines; only for networks that are encrypted below HTTP */
    allowPlainHttp: z.boolean().default(false),
    /** of the signature header; the key is the secret `<system id>.callback` */
    signature: z.enum(['sha256', 'sm3']).default('sha256'),
    timeoutMs: ms.default(30_000),
    /** connections at once */
    concurrency: z.number().int().min(1).max(64).default(4),
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
      /** one request on the wire; base64 makes a third more of the files */
      requestBytes: bytes.default(6 * 1024 * 1024),
      /** a gzip body may inflate to this; 0 refuses gzip */
      inflatedBytes: z
        .number()
        .int()
        .min(0)
        .default(6 * 1024 * 1024),
      /** all files of a petition together */
      fileBytes: bytes.default(3 * 1024 * 1024),
      files: z.number().int().min(0).max(100).default(10),
      /** from the first byte of a request to the last of its body */
      bodyTimeoutMs: ms.default(30_000),
      /** whoever sends more slowly is not waited for, bytes a second */
      bodyBytesPerSecond: bytes.default(1_000),
    })
    .prefault({}),
  /** file name extensions that citizens may send, lower case */
  fileTypes: z
    .array(z.string().regex(/^[a-z0-9]{1,10}$/))
    .default(['pdf', 'ofd', 'doc', 'docx', 'wps', 'txt', 'xls', 'xlsx', 'jpg', 'jpeg', 'png', 'zip']),
  query: z
    .strictObject({
      /** citizens' browsers may ask without an account; otherwise the portal asks for them with its own */
      open: z.boolean().default(false),
      /** a client is an address (IPv6: its /64), as the listed proxies say it (`http.proxies`) */
      perClientPerMinute: z.number().int().positive().default(60),
      perCodePerMinute: z.number().int().positive().default(10),
    })
    .prefault({}),
  /** files of replies and publications: an address to fetch them from, or base64 in the JSON */
  files: z.enum(['link', 'inline']).default('link'),
  /** publications in one answer */
  pageSize: z.number().int().min(1).max(500).default(50),
  callback: callbackSchema.optional(),
})
export type PortalConfig = z.infer<typeof portalSchema>
export type CallbackConfig = NonNullable<PortalConfig['callback']>
