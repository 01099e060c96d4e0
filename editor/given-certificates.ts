import type { ServerOptions } from 'node:https'
import type { TlsConfig, TlsMaterial } from '../core/config/tls.ts'
import type { TlsLine } from '../core/hop/link.ts'
import { secureOptions, type ServedCertificates } from '../core/http/certificates.ts'

/** The editor's certificates, as the station hands them over; nobody is served before it has. */
export class GivenCertificates implements ServedCertificates {
  readonly config: Pick<TlsConfig, 'clientCertificates'>
  #material: TlsMaterial = {}
  #use: (trustChanged: boolean) => void = () => undefined

  constructor(clientCertificates: TlsConfig['clientCertificates']) {
    this.config = { clientCertificates }
  }

  get options(): ServerOptions {
    return secureOptions(this.config, this.#material)
  }

  follow(use: (trustChanged: boolean) => void): void {
    this.#use = use
  }

  take({ cert, key, ca, crl, trustChanged }: TlsLine): void {
    this.#material = { cert, key, ca, crl }
    this.#use(trustChanged)
  }
}
