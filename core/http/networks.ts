import { BlockList, isIP } from 'node:net'

/** Addresses and networks (`10.0.0.0/8`), as a configuration lists them. */
export class Networks {
  readonly #list = new BlockList()

  constructor(listed: readonly string[]) {
    for (const entry of listed) {
      const [address = '', prefix] = entry.split('/')
      const family = isIP(address) === 6 ? 'ipv6' : 'ipv4'
      if (prefix === undefined) this.#list.addAddress(address, family)
      else this.#list.addSubnet(address, Number(prefix), family)
    }
  }

  /** False for what is no address. */
  has(address: string): boolean {
    const family = isIP(address)
    return family !== 0 && this.#list.check(address, family === 6 ? 'ipv6' : 'ipv4')
  }
}
