import type { TlsConfig } from '../../core/config/tls.ts'
import type { EventSink } from '../../core/events/event.ts'
import type { TlsLine } from '../../core/hop/link.ts'
import type { FlowStart } from '../../core/hop/start.ts'
import { Certificates } from '../../core/http/certificates.ts'
import type { Clock } from '../../core/util/clock.ts'

/**
 * The editor's certificates, which the station reads and hands to the flow process: that reads no file of the
 * operator's. Files that cannot serve yet are waited for, since flows need no editor.
 */
export class EditorCertificates {
  readonly #certificates: Certificates | undefined

  private constructor(certificates: Certificates | undefined) {
    this.#certificates = certificates
  }

  /** @param tls absent: an editor without TLS */
  static async open(tls: TlsConfig | undefined, sink: EventSink, clock: Clock): Promise<EditorCertificates> {
    if (tls === undefined) return new EditorCertificates(undefined)
    const certificates = await Certificates.open({
      name: 'editor.tls',
      config: tls,
      clock,
      waits: true,
      tell: (code, detail) => sink.emit({ code, detail, at: clock.now() }),
    })
    return new EditorCertificates(certificates)
  }

  /** What a flow process is told at its start. */
  get told(): Pick<FlowStart['editor'], 'clientCertificates'> {
    return this.#certificates === undefined ? {} : { clientCertificates: this.#certificates.config.clientCertificates }
  }

  /** What a flow process is told when it comes; undefined where there is nothing yet. */
  get line(): TlsLine | undefined {
    return this.#lineFor(false)
  }

  /** @param send gets what has been renewed */
  follow(send: (line: TlsLine) => void): void {
    this.#certificates?.follow((trustChanged) => {
      const line = this.#lineFor(trustChanged)
      if (line !== undefined) send(line)
    })
  }

  close(): void {
    this.#certificates?.close()
  }

  #lineFor(trustChanged: boolean): TlsLine | undefined {
    const { cert, key, ca, crl } = (this.#certificates?.material ?? {}) as Readonly<Record<string, Buffer | undefined>>
    if (cert === undefined || key === undefined) return undefined
    const pem = { cert: cert.toString(), key: key.toString() }
    const trust = {
      ...(ca === undefined ? {} : { ca: ca.toString() }),
      ...(crl === undefined ? {} : { crl: crl.toString() }),
    }
    return { t: 'tls', ...pem, ...trust, trustChanged }
  }
}
