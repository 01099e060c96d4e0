import { z } from 'zod'
import { isObject } from '../../core/config/merge.ts'

const ms = z.number().int().positive()
const loopback = /^(127\.\d+\.\d+\.\d+|localhost|::1)$/

/**
 * An address as RFC 5321 wants it on the wire, ASCII: what a directory holds by mistake is refused before it is sent.
 */
export const addressSchema = z
  .string()
  .max(254)
  .regex(
    /^[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/,
    'RFC 5321：local@domain，ASCII',
  )

/** A mail server that we send through. */
export const mailSchema = z
  .strictObject({
    host: z.string().min(1),
    /** 465 for `tls`, 587 for `starttls`, 25 for `none` unless told */
    port: z.number().int().min(1).max(65_535).optional(),
    /**
     * `tls`: from the first byte; `starttls`: the server must offer it; `none`: in the clear. Absent: `none` on this
     * machine, `starttls` to any other
     */
    security: z.enum(['tls', 'starttls', 'none']).optional(),
    /** the password is the secret `<system id>.password`; absent: no login */
    username: z.string().min(1).optional(),
    /** the sender's address and its name */
    from: z.strictObject({ address: addressSchema, name: z.string().max(100).default('') }),
    /** how we greet; absent: the sender's domain */
    clientName: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,255}$/)
      .optional(),
    connectTimeoutMs: ms.default(10_000),
    /** no answer for so long, also while a message is on its way */
    silenceTimeoutMs: ms.default(30_000),
  })
  .refine(({ security, username, host }) => security !== 'none' || username === undefined || loopback.test(host), {
    path: ['security'],
    when: ({ value }) => isObject(value),
    error: '口令不得明文传输 / a password must not go in the clear',
  })
export type MailConfig = z.infer<typeof mailSchema>

export function securityOf(config: Pick<MailConfig, 'security' | 'host'>): 'tls' | 'starttls' | 'none' {
  return config.security ?? (loopback.test(config.host) ? 'none' : 'starttls')
}
