/** What somebody sent is no SFTP; with the request's id where it could be read, so that it can be answered. */
export class PacketError extends Error {
  readonly id: number | undefined

  constructor(message: string, id?: number) {
    super(message)
    this.name = 'PacketError'
    this.id = id
  }
}

/** Takes the parts of a packet one after the other; what is not there is a PacketError. Offsets never leave it. */
export class PacketBytes {
  readonly #bytes: Buffer
  #at: number
  #id: number | undefined

  constructor(bytes: Buffer, at = 0) {
    this.#bytes = bytes
    this.#at = at
  }

  /** Errors name this request from now on. */
  known(id: number): number {
    return (this.#id = id)
  }

  byte(): number {
    return this.#bytes.readUInt8(this.#take(1))
  }

  uint32(): number {
    return this.#bytes.readUInt32BE(this.#take(4))
  }

  /** Beyond 2^53 - 1 as that: no file is so long. */
  uint64(): number {
    const value = this.#bytes.readBigUInt64BE(this.#take(8))
    return value > MOST ? Number.MAX_SAFE_INTEGER : Number(value)
  }

  /** A view on the packet. */
  string(): Buffer {
    const length = this.uint32()
    const from = this.#take(length)
    return this.#bytes.subarray(from, from + length)
  }

  /** Whether nothing is left. */
  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  rest(): Buffer {
    return this.#bytes.subarray(this.#at)
  }

  #take(length: number): number {
    const from = this.#at
    if (length > this.#bytes.length - from)
      throw new PacketError(`at ${from}: ${length} bytes wanted, ${this.#bytes.length - from} are left`, this.#id)
    this.#at = from + length
    return from
  }
}

const MOST = BigInt(Number.MAX_SAFE_INTEGER)

/** A packet with its length field. */
export function packetOf(code: number, parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 1)
  const head = Buffer.alloc(5)
  head.writeUInt32BE(length)
  head.writeUInt8(code, 4)
  return Buffer.concat([head, ...parts], length + 4)
}

export function uint32Bytes(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(value)
  return bytes
}

export function uint64Bytes(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 * values.length)
  values.forEach((value, at) => bytes.writeBigUInt64BE(BigInt(value), 8 * at))
  return bytes
}

/** A string and its length field, apart: the bytes are not copied. */
export function stringBytes(value: Buffer | string): readonly [Buffer, Buffer] {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value
  return [uint32Bytes(bytes.length), bytes]
}
