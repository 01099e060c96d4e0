import { YizhanError } from '../../../core/errors/error.ts'
import { checkFields, recordLength, widthOf } from './fields.ts'
import { gbkBytes } from './gbk.ts'
import type { DbfField, DbfTable } from './port.ts'
import { valueBytes } from './values.ts'

/** FoxPro's code-page byte for CP936; dBase's own is 0x4D. */
const FOXPRO_CP936 = 0x7a

const HEADER = 32
const DESCRIPTOR = 32
const NOT_DELETED = 0x20
const END_OF_HEADER = 0x0d
const END_OF_FILE = 0x1a

/**
 * A dBase III table without memo: header, field descriptors, 0x0D, records, 0x1A. The same table gives the same bytes.
 *
 * @throws YizhanError CONFIG_INVALID for fields that dBase III does not know, ARCHIVE_VALUE for values that do not fit
 */
export function writeDbf(table: DbfTable): Buffer {
  const { fields, records } = table
  checkFields(fields)
  const parts = [header(table), ...fields.map(descriptor), Buffer.of(END_OF_HEADER)]
  records.forEach((values, at) => {
    const record = at + 1
    if (values.length !== fields.length)
      throw new Error(`record ${record} has ${values.length} values for ${fields.length} fields`)
    parts.push(Buffer.of(NOT_DELETED), ...fields.map((field, column) => valueBytes(field, values[column], { record })))
  })
  parts.push(Buffer.of(END_OF_FILE))
  return Buffer.concat(parts)
}

function header({ fields, records, date, language }: DbfTable): Buffer {
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(date) ?? []
  const years = Number(year) - 1900
  if (!(years >= 0 && years <= 255))
    throw new YizhanError('ARCHIVE_VALUE', { field: 'date', value: date, rule: 'YYYY-MM-DD, 1900–2155', detail: 'DBF' })
  const bytes = Buffer.alloc(HEADER)
  bytes[0] = 0x03
  bytes[1] = years
  bytes[2] = Number(month)
  bytes[3] = Number(day)
  bytes.writeUInt32LE(records.length, 4)
  bytes.writeUInt16LE(HEADER + DESCRIPTOR * fields.length + 1, 8)
  bytes.writeUInt16LE(recordLength(fields), 10)
  bytes[29] = language ?? FOXPRO_CP936
  return bytes
}

function descriptor(field: DbfField): Buffer {
  const bytes = Buffer.alloc(DESCRIPTOR)
  gbkBytes(field.name).copy(bytes, 0)
  bytes.write(field.type, 11, 'latin1')
  bytes[16] = widthOf(field)
  bytes[17] = field.type === 'N' ? (field.decimals ?? 0) : 0
  return bytes
}
