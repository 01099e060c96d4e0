import { isIP } from 'node:net'

/**
 * Names by which a listener is asked for, against DNS rebinding: a page of a stranger's makes a browser ask us under
 * the stranger's name. An address is nobody's name and cannot be bound to another, so every address passes, whatever
 * NAT and proxies are before us; so does `localhost`.
 */
export class KnownHosts {
  readonly #names: ReadonlySet<string>

  /** @param names or addresses as configured; those of addresses in the clear and URLs alike */
  constructor(names: readonly (string | undefined)[]) {
    this.#names = new Set(['localhost', ...names.flatMap((name) => (name === undefined ? [] : [plain(name)]))])
  }

  /** @param host the header: name or address, with or without a port; absent: HTTP/1.0, which no browser speaks */
  has(host: string | undefined): boolean {
    if (host === undefined) return true
    const name = plain(host.startsWith('[') ? (host.slice(1).split(']', 1)[0] ?? '') : (host.split(':', 1)[0] ?? ''))
    return isIP(name) !== 0 || this.#names.has(name)
  }
}

function plain(name: string): string {
  return name.trim().toLowerCase().replace(/\.$/, '')
}
