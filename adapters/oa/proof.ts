import type { ProofOf } from '../../core/adapter/manifest.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { oaSettingsOf } from './settings.ts'

/** How new items are asked for, by the dialect that a profile belongs to; nothing changes by it. */
interface Question {
  readonly path: string
  /** whether the account stands in the HTTP header; else in the body */
  readonly basic: boolean
  /** whether an account that speaks for several units may ask, naming one */
  readonly names: boolean
  /** @param unit to be named, where the account speaks for several */
  body(system: SystemConfig, login: string, unit: string | undefined): string
}

const QUESTIONS: Readonly<Record<string, Question>> = {
  yizhan: {
    path: '/oa/yizhan',
    basic: true,
    names: true,
    body: (_system, _login, unit) =>
      `<ListItems xmlns="urn:yizhan:oa:1">${unit === undefined ? '' : `<unit>${unit}</unit>`}</ListItems>`,
  },
  epoint: {
    path: '/oa/epoint/ArchiveExchange.asmx',
    basic: false,
    names: false,
    body(system, login) {
      const operation = oaSettingsOf(system).operations?.['list'] ?? 'InboxArchive_Unreceipted'
      const token = Buffer.from(login).toString('base64')
      return `<${operation} xmlns="http://tempuri.org/"><TokenBase64>${token}</TokenBase64></${operation}>`
    },
  },
}

/** A line of curl over the dialect of the account's system: 200 and an empty list. */
export function oaProof({ system, account, password, units, single, publicUrl }: ProofOf): string | undefined {
  const question = system.roles.includes('calls-us') ? QUESTIONS[system.profile.split('-', 1)[0] ?? ''] : undefined
  const [unit] = units
  if (question === undefined || unit === undefined || (units.length > 1 && !question.names)) return undefined
  const login = `${account.id}:${password ?? ''}`
  const by =
    password === undefined
      ? ' --cert CERTIFICATE.pem --key KEY.pem --cacert CA.pem'
      : question.basic
        ? ` -u ${login}`
        : ''
  const body = question.body(system, login, single ? undefined : unit)
  const envelope = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`
  return `curl -sS${by} ${publicUrl}${question.path} -H 'content-type: text/xml' -d '${envelope}'`
}
