/** One TCP segment of a conversation with a server. */
export interface Segment {
  readonly fromServer: boolean
  readonly payload: Buffer
}

/** A capture file by hand: one segment a packet, between ports of 127.0.0.1 (libpcap 2.4, LINKTYPE_RAW). */
export function pcapOf(segments: readonly Segment[], serverPort: number): Buffer {
  const head = Buffer.alloc(24)
  head.writeUInt32LE(0xa1b2c3d4, 0)
  head.writeUInt16LE(2, 4)
  head.writeUInt16LE(4, 6)
  head.writeUInt32LE(65_535, 16)
  head.writeUInt32LE(101, 20)
  const sent = { true: 1, false: 1 }
  const packets = segments.map(({ fromServer, payload }, at) => {
    const ports: [number, number] = fromServer ? [serverPort, 40_000] : [40_000, serverPort]
    const packet = Buffer.concat([
      ipHeader(40 + payload.length),
      tcpHeader(ports, sent[`${fromServer}`], sent[`${!fromServer}`]),
      payload,
    ])
    sent[`${fromServer}`] += payload.length
    const record = Buffer.alloc(16)
    record.writeUInt32LE(1_700_000_000 + at, 0)
    record.writeUInt32LE(packet.length, 8)
    record.writeUInt32LE(packet.length, 12)
    return Buffer.concat([record, packet])
  })
  return Buffer.concat([head, ...packets])
}

function ipHeader(total: number): Buffer {
  const header = Buffer.alloc(20)
  header[0] = 0x45
  header.writeUInt16BE(total, 2)
  header[8] = 64
  header[9] = 6
  header.set([127, 0, 0, 1, 127, 0, 0, 1], 12)
  return header
}

function tcpHeader([from, to]: readonly [number, number], sequence: number, acknowledged: number): Buffer {
  const header = Buffer.alloc(20)
  header.writeUInt16BE(from, 0)
  header.writeUInt16BE(to, 2)
  header.writeUInt32BE(sequence, 4)
  header.writeUInt32BE(acknowledged, 8)
  header[12] = 0x50
  header[13] = 0x18 // PSH, ACK
  header.writeUInt16BE(65_535, 14)
  return header
}
