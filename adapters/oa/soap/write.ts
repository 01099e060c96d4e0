import type { WriteEncoding } from '../../../core/mapping/encoding/text.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import { envelopeNamespace, type SoapVersion } from './version.ts'

export interface WriteEnvelopeOptions {
  /** The encoding in which the chunks are written, too; default UTF-8. */
  readonly encoding?: WriteEncoding | undefined
  /** Header blocks, written already. */
  readonly headers?: readonly Buffer[] | undefined
}

/** Wraps what is to stand in the Body, written already and without XML declaration. */
export function writeEnvelope(
  version: SoapVersion,
  chunks: readonly Buffer[],
  options: WriteEnvelopeOptions = {},
): Buffer[] {
  const writer = new XmlWriter({ encoding: options.encoding })
  writer.open('soap:Envelope').attribute('xmlns:soap', envelopeNamespace[version])
  if (options.headers !== undefined && options.headers.length > 0)
    writer.open('soap:Header').raw(options.headers).close()
  return writer.open('soap:Body').raw(chunks).close().close().finish()
}
