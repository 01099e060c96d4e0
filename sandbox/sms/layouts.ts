/**
 * CMPP's PDUs as tables of field names and widths, written from the tables of QB-GF-028-2003 (and its history of
 * changes for 2.x) for the sandbox's centre alone: it must not share mistakes with the adapter.
 */

/** A width in bytes, or where it depends on what stands before. */
type Width = number | ((seen: Fields) => number)
export type Table = readonly (readonly [name: string, width: Width])[]
export type Version = 2 | 3

/** The bytes of a PDU's fields. */
export class Fields {
  readonly #bytes: Readonly<Record<string, Buffer>>

  constructor(bytes: Readonly<Record<string, Buffer>>) {
    this.#bytes = bytes
  }

  raw(name: string): Buffer {
    const bytes = this.#bytes[name]
    if (bytes === undefined) throw new Error(`no field ${name}`)
    return bytes
  }

  int(name: string): number {
    const bytes = this.raw(name)
    return bytes.readUIntBE(0, bytes.length)
  }

  text(name: string): string {
    const [text = ''] = this.raw(name).toString('latin1').split('\0')
    return text
  }
}

export const ID = { connect: 1, terminate: 2, submit: 4, deliver: 5, activeTest: 8 } as const
export const REPLY = 0x8000_0000

export function connectTable(): Table {
  return [
    ['Source_Addr', 6],
    ['AuthenticatorSource', 16],
    ['Version', 1],
    ['Timestamp', 4],
  ]
}

export function connectReplyTable(version: Version): Table {
  return [
    ['Status', version === 3 ? 4 : 1],
    ['AuthenticatorISMG', 16],
    ['Version', 1],
  ]
}

export function submitTable(version: Version): Table {
  const phone = version === 3 ? 32 : 21
  return [
    ['Msg_Id', 8],
    ['Pk_total', 1],
    ['Pk_number', 1],
    ['Registered_Delivery', 1],
    ['Msg_level', 1],
    ['Service_Id', 10],
    ['Fee_UserType', 1],
    ['Fee_terminal_Id', phone],
    ...(version === 3 ? ([['Fee_terminal_type', 1]] as const) : []),
    ['TP_pId', 1],
    ['TP_udhi', 1],
    ['Msg_Fmt', 1],
    ['Msg_src', 6],
    ['FeeType', 2],
    ['FeeCode', 6],
    ['ValId_Time', 17],
    ['At_Time', 17],
    ['Src_Id', 21],
    ['DestUsr_tl', 1],
    ['Dest_terminal_Id', (seen) => phone * seen.int('DestUsr_tl')],
    ...(version === 3 ? ([['Dest_terminal_type', 1]] as const) : []),
    ['Msg_Length', 1],
    ['Msg_Content', (seen) => seen.int('Msg_Length')],
    version === 3 ? ['LinkID', 20] : ['Reserve', 8],
  ]
}

export function submitReplyTable(version: Version): Table {
  return [
    ['Msg_Id', 8],
    ['Result', version === 3 ? 4 : 1],
  ]
}

export function deliverTable(version: Version): Table {
  return [
    ['Msg_Id', 8],
    ['Dest_Id', 21],
    ['Service_Id', 10],
    ['TP_pid', 1],
    ['TP_udhi', 1],
    ['Msg_Fmt', 1],
    ['Src_terminal_Id', version === 3 ? 32 : 21],
    ...(version === 3 ? ([['Src_terminal_type', 1]] as const) : []),
    ['Registered_Delivery', 1],
    ['Msg_Length', 1],
    ['Msg_Content', (seen) => seen.int('Msg_Length')],
    version === 3 ? ['LinkID', 20] : ['Reserved', 8],
  ]
}

export function deliverReplyTable(version: Version): Table {
  return [
    ['Msg_Id', 8],
    ['Result', version === 3 ? 4 : 1],
  ]
}

export function reportTable(version: Version): Table {
  return [
    ['Msg_Id', 8],
    ['Stat', 7],
    ['Submit_time', 10],
    ['Done_time', 10],
    ['Dest_terminal_Id', version === 3 ? 32 : 21],
    ['SMSC_sequence', 4],
  ]
}

/** A body cut along its table; throws when it is longer or shorter. */
export function cut(table: Table, body: Buffer): Fields {
  const bytes: Record<string, Buffer> = {}
  let at = 0
  for (const [name, width] of table) {
    const size = typeof width === 'number' ? width : width(new Fields(bytes))
    if (at + size > body.length) throw new Error(`${name}: the body ends`)
    bytes[name] = body.subarray(at, at + size)
    at += size
  }
  if (at !== body.length) throw new Error(`${body.length - at} bytes too many`)
  return new Fields(bytes)
}

/** A body by its table; fields without a value are NUL. */
export function fill(table: Table, values: Readonly<Record<string, number | string | Buffer>>): Buffer {
  const bytes: Record<string, Buffer> = {}
  for (const [name, width] of table) {
    const field = Buffer.alloc(typeof width === 'number' ? width : width(new Fields(bytes)))
    const value = values[name] ?? ''
    if (typeof value === 'number') field.writeUIntBE(value, 0, field.length)
    else if (typeof value === 'string') field.write(value, 'latin1')
    else value.copy(field)
    bytes[name] = field
  }
  return Buffer.concat(Object.values(bytes))
}

/** Total_Length, Command_Id, Sequence_Id, body. */
export function packet(command: number, sequence: number, body: Buffer): Buffer {
  const header = Buffer.alloc(12)
  header.writeUInt32BE(12 + body.length, 0)
  header.writeUInt32BE(command, 4)
  header.writeUInt32BE(sequence, 8)
  return Buffer.concat([header, body])
}
