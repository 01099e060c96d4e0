import type { ProofOf } from '../../core/adapter/manifest.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { CompiledProfile } from '../../core/mapping/profile/port.ts'
import { describedPath } from './described/path.ts'
import { speaks } from './dialect.ts'
import { oaSettingsOf } from './settings.ts'
import { contentTypeOf } from './soap/envelope.ts'
import { envelopeNamespace, type SoapVersion } from './soap/version.ts'

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

/** Of a service that a profile describes: its list, in which nothing but the unit needs to be said. */
function describedQuestion(profile: CompiledProfile): (Question & { readonly version: SoapVersion }) | undefined {
  const { soap } = profile
  const operation = soap?.operations.find(({ does }) => does === 'list')
  if (soap === undefined || operation === undefined) return undefined
  const root = profile.root(operation.in)
  const unitElement = root.children.find(({ value }) => value?.read === 'unit')
  if (root.children.some((child) => child.required && child !== unitElement)) return undefined
  const version = soap.versions.includes('1.1') ? '1.1' : '1.2'
  return {
    path: describedPath(profile.id),
    basic: true,
    names: unitElement !== undefined,
    version,
    body(_system, _login, unit) {
      const named =
        unit === undefined || unitElement === undefined ? '' : `<${unitElement.name}>${unit}</${unitElement.name}>`
      return `<${root.name} xmlns="${soap.namespace}">${named}</${root.name}>`
    },
  }
}

/** A line of curl over the dialect of the account's system: 200 and an empty list. */
export function oaProof({ system, account, password, units, single, publicUrl, profile }: ProofOf): string | undefined {
  if (!system.roles.includes('calls-us')) return undefined
  const described = speaks(system, 'soap') ? describedQuestion(profile(system.profile)) : undefined
  const question = described ?? QUESTIONS[system.profile.split('-', 1)[0] ?? '']
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
  const version = described?.version ?? '1.1'
  const envelope = `<s:Envelope xmlns:s="${envelopeNamespace[version]}"><s:Body>${body}</s:Body></s:Envelope>`
  return `curl -sS${by} ${publicUrl}${question.path} -H 'content-type: ${contentTypeOf(version).split(';', 1)[0]}' -d '${envelope}'`
}
