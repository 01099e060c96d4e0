/** LDAP messages by hand, for what no library would send. */

export function tlv(tag: number, ...content: readonly (Buffer | string)[]): Buffer {
  const value = Buffer.concat(content.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)))
  if (value.length < 0x80) return Buffer.concat([Buffer.from([tag, value.length]), value])
  const length = Buffer.alloc(4)
  length.writeUInt32BE(value.length)
  return Buffer.concat([Buffer.from([tag, 0x84]), length, value])
}

export const octets = (text: string): Buffer => tlv(0x04, text)

export function message(id: number, operation: Buffer, ...controls: readonly Buffer[]): Buffer {
  return tlv(0x30, tlv(0x02, Buffer.from([id])), operation, ...(controls.length === 0 ? [] : [tlv(0xa0, ...controls)]))
}

/** BindResponse 0x61, SearchResultDone 0x65, ExtendedResponse 0x78 */
export function result(tag: number, code: number, ...more: readonly Buffer[]): Buffer {
  return tlv(tag, tlv(0x0a, Buffer.from([code])), octets(''), octets(''), ...more)
}

export function entry(dn: string, attributes: Readonly<Record<string, readonly string[]>>): Buffer {
  const list = Object.entries(attributes).map(([name, values]) =>
    tlv(0x30, octets(name), tlv(0x31, ...values.map(octets))),
  )
  return tlv(0x64, octets(dn), tlv(0x30, ...list))
}

export function pagingControl(cookie: string): Buffer {
  return tlv(0x30, octets('1.2.840.113556.1.4.319'), tlv(0x04, tlv(0x30, tlv(0x02, Buffer.from([0])), octets(cookie))))
}
