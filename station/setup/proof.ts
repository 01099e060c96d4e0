import type { AccountConfig, SystemConfig } from '../../core/config/schema.ts'
import { filesSchema } from '../../adapters/files/config.ts'
import { listenerOf } from '../../core/config/listeners.ts'
import type { City } from '../city.ts'
import { urlOf } from '../http/server.ts'

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
    body({ operations }, login) {
      const operation = operations?.['list'] ?? 'InboxArchive_Unreceipted'
      const token = Buffer.from(login).toString('base64')
      return `<${operation} xmlns="http://tempuri.org/"><TokenBase64>${token}</TokenBase64></${operation}>`
    },
  },
}

/**
 * A line for a shell that proves an account over the dialect of its system: 200 and an empty list. Undefined where the
 * station is not called.
 *
 * @param password undefined: it logs in by a certificate, whose files the line leaves to be filled in
 */
export function proofOf(
  { config, station }: City,
  account: Pick<AccountConfig, 'id' | 'system' | 'units'>,
  password: string | undefined,
): string | undefined {
  const system = config.systems.find(({ id }) => id === account.system)
  if (system?.adapter === 'files') return filesProof(system, account.id, station.http.publicUrl)
  if (system?.adapter !== 'oa' || !system.roles.includes('calls-us')) return undefined
  const question = QUESTIONS[system.profile.split('-', 1)[0] ?? '']
  const units =
    account.units === '*' ? config.units.filter((unit) => unit.system === system.id).map(({ id }) => id) : account.units
  const [unit] = units
  if (question === undefined || unit === undefined || (units.length > 1 && !question.names)) return undefined
  const { config: listener } = listenerOf(station, 'oa')
  const url = `${listener.publicUrl ?? urlOf(listener)}${question.path}`
  const login = `${account.id}:${password ?? ''}`
  const by =
    password === undefined
      ? ' --cert CERTIFICATE.pem --key KEY.pem --cacert CA.pem'
      : question.basic
        ? ` -u ${login}`
        : ''
  const body = question.body(system, login, account.units !== '*' && units.length === 1 ? undefined : unit)
  const envelope = `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`
  return `curl -sS${by} ${url} -H 'content-type: text/xml' -d '${envelope}'`
}

/** Lists what waits for its units; the password is asked for, or its key is used. */
function filesProof({ settings }: SystemConfig, account: string, publicUrl: string | undefined): string | undefined {
  const read = filesSchema.safeParse(settings)
  if (!read.success) return undefined
  const { host, port } = read.data.listen
  const name =
    publicUrl === undefined ? (host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host) : new URL(publicUrl).hostname
  return `sftp -P ${port} ${account}@${name}:in/`
}
