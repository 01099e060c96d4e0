import { CATALOGUE } from '../../../core/errors/catalogue.ts'
import type { YizhanError } from '../../../core/errors/error.ts'
import { ProfileError, type FieldProblem } from '../../../core/mapping/profile/problems.ts'
import type { WriteEncoding } from '../../../core/mapping/encoding/text.ts'
import { legalText } from '../../../core/mapping/xml/escape.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import type { SoapVersion } from './version.ts'
import { writeEnvelope } from './write.ts'

/** The namespace of our detail element, `refusal` of `config/profiles/yizhan.xsd`. */
export const errorNamespace = 'urn:yizhan:oa:1'

export type FaultCode = 'Client' | 'Server' | 'MustUnderstand' | 'VersionMismatch'

export interface SoapFault {
  readonly code: FaultCode
  readonly zh: string
  readonly en: string
  /** Our error code, from the catalogue. */
  readonly errorCode: string
  readonly field?: string | undefined
  readonly value?: string | undefined
  readonly rule?: string | undefined
  /** Whether the same request may succeed later. */
  readonly retryable?: boolean | undefined
  /** The way out. */
  readonly remedy?: { readonly zh: string; readonly en: string } | undefined
  /** Every rule that a submission breaks, where more than the first is known. */
  readonly problems?: readonly FieldProblem[] | undefined
}

/** What an error of ours is as a fault: the sender's doing or ours. */
export function faultOf(error: YizhanError): SoapFault {
  const { field, value, rule } = error.facts
  const code =
    error.code === 'SOAP_VERSION'
      ? 'VersionMismatch'
      : error.code === 'SOAP_MUST_UNDERSTAND'
        ? 'MustUnderstand'
        : error.status >= 500
          ? 'Server'
          : 'Client'
  return {
    code,
    zh: error.zh,
    en: error.en,
    errorCode: error.code,
    field,
    value,
    rule,
    retryable: error.retryable,
    remedy: CATALOGUE[error.code].remedy,
    problems: error instanceof ProfileError ? error.problems : undefined,
  }
}

/** SOAP 1.2's names (part 1, 5.4.6). */
const names12: Readonly<Record<FaultCode, string>> = {
  Client: 'Sender',
  Server: 'Receiver',
  MustUnderstand: 'MustUnderstand',
  VersionMismatch: 'VersionMismatch',
}

/**
 * A fault as a whole envelope (SOAP 1.1, 4.4; SOAP 1.2 part 1, 5.4), sent with HTTP status 500 in either version: CXF
 * does not read the body of a 400 (which part 2, 7.5.2.2 has for Sender faults). Never throws for its texts: what XML
 * or the encoding cannot carry is replaced.
 *
 * @param headers blocks of the Header, written already
 * @param detail what stands in the detail, written already; absent: our own `refusal`
 */
export function writeFault(
  version: SoapVersion,
  fault: SoapFault,
  encoding: WriteEncoding = 'utf-8',
  headers: readonly Buffer[] = [],
  detail?: readonly Buffer[],
): Buffer[] {
  const clean = legalText
  const writer = new XmlWriter({ declaration: false, encoding })
  writer.open('soap:Fault')
  if (version === '1.1') {
    writer.element('faultcode', `soap:${fault.code}`)
    writer.element('faultstring', clean(`${fault.zh} / ${fault.en}`))
    writeDetail(writer.open('detail'), fault, clean, detail).close()
  } else {
    writer.open('soap:Code').element('soap:Value', `soap:${names12[fault.code]}`).close()
    // One text in both languages: gSOAP takes a second one for another Reason and loses the fault.
    writer.open('soap:Reason').open('soap:Text').attribute('xml:lang', 'zh-CN')
    writer
      .text(clean(`${fault.zh} / ${fault.en}`))
      .close()
      .close()
    writeDetail(writer.open('soap:Detail'), fault, clean, detail).close()
  }
  return writeEnvelope(version, writer.close().finish(), { encoding, headers })
}

function writeDetail(
  writer: XmlWriter,
  fault: SoapFault,
  clean: (text: string) => string,
  own: readonly Buffer[] | undefined,
): XmlWriter {
  if (own !== undefined) return writer.raw(own)
  const optional = (name: string, value: string | undefined): void => {
    if (value !== undefined) writer.element(`e:${name}`, clean(value))
  }
  writer.open('e:refusal').attribute('xmlns:e', errorNamespace).element('e:code', fault.errorCode)
  writer.element('e:zh', clean(fault.zh)).element('e:en', clean(fault.en))
  for (const part of ['field', 'value', 'rule'] as const) optional(part, fault[part])
  writer.element('e:retryable', String(fault.retryable ?? false))
  if (fault.remedy !== undefined) optional('remedy', `${fault.remedy.zh} / ${fault.remedy.en}`)
  for (const problem of fault.problems ?? []) {
    writer.open('e:problem')
    for (const part of ['field', 'value', 'rule'] as const) optional(part, problem[part])
    writer.close()
  }
  return writer.close()
}
