import { hash } from 'node:crypto'
import MailComposer from 'nodemailer/lib/mail-composer'
import { YizhanError } from '../../core/errors/error.ts'
import { addressSchema, type MailConfig } from './config.ts'

/** A mail to one person. */
export interface Mail {
  readonly to: { readonly address: string; readonly name?: string | undefined }
  /** one line; line breaks become blanks */
  readonly subject: string
  /** plain text */
  readonly text: string
  readonly attachments?:
    readonly { readonly name: string; readonly mediaType: string; readonly bytes: Buffer }[] | undefined
}

/**
 * The Message-ID (RFC 5322, 3.6.4) of a delivery: the same in every attempt, so that a mailbox and a reader can tell a
 * second copy. A digest, because delivery ids hold characters that a Message-ID may not.
 */
export function messageIdOf(delivery: string, from: string): string {
  return `<${hash('sha256', delivery, 'hex').slice(0, 40)}@${from.slice(from.lastIndexOf('@') + 1)}>`
}

/** The message's bytes (RFC 5322, MIME, UTF-8); MAIL_ADDRESS_INVALID where it cannot be addressed. */
export async function composeMail(
  delivery: string,
  mail: Mail,
  config: Pick<MailConfig, 'from'>,
  now: number,
): Promise<Buffer> {
  const { address, name = '' } = mail.to
  if (!addressSchema.safeParse(address).success)
    throw new YizhanError('MAIL_ADDRESS_INVALID', {
      field: 'to',
      value: `***${address.slice(Math.max(address.lastIndexOf('@'), 0)).slice(0, 80)}`,
      rule: 'RFC 5321：local@domain，ASCII',
    })
  const composer = new MailComposer({
    from: { address: config.from.address, name: config.from.name },
    to: { address, name: oneLine(name) },
    subject: oneLine(mail.subject),
    text: mail.text,
    textEncoding: 'base64',
    messageId: messageIdOf(delivery, config.from.address),
    date: new Date(now),
    // RFC 3834, 5: nobody's holiday notice needs to answer it.
    headers: { 'Auto-Submitted': 'auto-generated' },
    attachments: (mail.attachments ?? []).map((file) => ({
      filename: oneLine(file.name),
      contentType: file.mediaType,
      content: file.bytes,
    })),
    disableFileAccess: true,
    disableUrlAccess: true,
  })
  return composer.compile().build()
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()
}
