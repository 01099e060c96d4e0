import type { Secrets } from '../core/config/secrets.ts'

/** The bus's address with its password, which stands in the secrets (`bus.password`) and never in the configuration. */
export function busUrl(url: string, secrets: Secrets): string {
  if (!URL.canParse(url)) return url
  const address = new URL(url)
  if (address.username === '' || address.password !== '') return url
  address.password = encodeURIComponent(secrets.get('bus.password'))
  return address.href
}
