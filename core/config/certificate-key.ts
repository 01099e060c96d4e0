import { dnKey } from '../text/distinguished-name.ts'
import type { AccountConfig } from './schema.ts'

type Written = NonNullable<AccountConfig['certificates']>[number]

/** Equal for two ways to write the same certificate, or the same subject below the same authority. */
export function certificateKey(certificate: Written): string {
  return 'subject' in certificate
    ? `${certificate.ca} ${dnKey(certificate.subject)}`
    : `fingerprint ${certificate.fingerprint}`
}
