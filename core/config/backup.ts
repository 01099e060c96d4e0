import { Encrypter } from 'age-encryption'
import { z } from 'zod'

/** What a private key of age begins with, of either kind. */
const IDENTITY = /^AGE-SECRET-KEY-/iu

const recipientSchema = z.string().superRefine((text, context) => {
  // It must not be told on, either.
  if (IDENTITY.test(text.trim()))
    context.addIssue({
      code: 'custom',
      input: 'AGE-SECRET-KEY-…',
      message:
        '这是私钥，不可放在站点上：写它的公钥（age-keygen -y 文件） / a private key, which must not be on this machine: give its public key (age-keygen -y FILE)',
    })
  else if (!isRecipient(text))
    context.addIssue({
      code: 'custom',
      message:
        'age 的公钥，age1 开头，由 age-keygen 给出 / a public key of age, which begins with age1, as age-keygen tells it',
    })
})

function isRecipient(text: string): boolean {
  try {
    new Encrypter().addRecipient(text)
    return true
  } catch {
    return false
  }
}

/** How backups are written. */
export const backupSchema = z
  .strictObject({
    encryptTo: z.array(recipientSchema).min(1).max(20).optional().meta({
      description:
        '备份逐个文件加密给这些 age 公钥，任一私钥可恢复；私钥不放在本机；没有则不加密 / backups are encrypted, file by file, to these public keys of age, any of whose private keys restores them and is kept off this machine; absent: not encrypted',
      since: '0.2.0',
    }),
  })
  .prefault({})
