import { YizhanError } from '../../../core/errors/error.ts'
import { cutGbk, gbkBytes, notInGbk, substituted } from './gbk.ts'
import type { DbfField, DbfValue } from './port.ts'

/** Places where a value's error is found again. */
export interface RecordPlace {
  /** counts from 1 */
  readonly record: number
}

/** One value as its field's bytes, padded. @throws YizhanError ARCHIVE_VALUE with field, value, rule and record */
export function valueBytes(field: DbfField, value: DbfValue, place: RecordPlace): Buffer {
  switch (field.type) {
    case 'C':
      return textBytes(field, value, place)
    case 'N':
      return Buffer.from(numberText(field, value, place).padStart(field.length, ' '), 'latin1')
    case 'L':
      if (value !== undefined && typeof value !== 'boolean')
        throw broken(field, value, 'true、false 或空 / true, false or nothing', place)
      return Buffer.from(value === undefined ? '?' : value ? 'T' : 'F', 'latin1')
  }
}

function textBytes(field: Extract<DbfField, { type: 'C' }>, value: DbfValue, place: RecordPlace): Buffer {
  // A line break would be shown as rubbish; what stood on two lines stands on one.
  const given = value === undefined ? '' : String(value).replace(/[\t\r\n]+/g, ' ')
  const text = field.substitute === undefined ? given : substituted(given, field.substitute)
  // eslint-disable-next-line no-control-regex -- 0x1A would end the file for some readers, 0x00 the value
  const control = /[\u0000-\u001f\u007f]/.exec(text)
  if (control !== null)
    throw broken(
      field,
      `U+${control[0].charCodeAt(0).toString(16).padStart(4, '0')}`,
      '不得含控制字符 / no control characters',
      place,
    )
  const bad = notInGbk(text)
  if (bad !== undefined)
    throw broken(
      field,
      bad,
      'GBK 没有这个字；可在方案中设 dbf.unmappable: substitute（以 dbf.substitute 代替，真文在 XML 中），或更正该字 / not in GBK: set dbf.unmappable: substitute in the profile (dbf.substitute stands for it, the true text in the XML), or correct the character',
      place,
    )
  const bytes = gbkBytes(text)
  if (bytes.length <= field.length) return padded(bytes, field.length)
  if (field.overflow !== 'cut')
    throw broken(field, text, `≤ ${field.length} 字节，实为 ${bytes.length} / bytes in GBK`, place)
  return padded(gbkBytes(cutGbk(text, field.length)), field.length)
}

function padded(bytes: Buffer, length: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(length - bytes.length, 0x20)])
}

function numberText(field: Extract<DbfField, { type: 'N' }>, value: DbfValue, place: RecordPlace): string {
  if (value === undefined || value === '') return ''
  const decimals = field.decimals ?? 0
  const number = typeof value === 'boolean' ? Number.NaN : Number(value)
  if (!Number.isFinite(number)) throw broken(field, value, '须为数字 / a number', place)
  const text = Number.isInteger(number) && !Number.isSafeInteger(number) ? '' : number.toFixed(decimals)
  if (Number(text) !== number)
    throw broken(field, value, `最多 ${decimals} 位小数，且可精确表示 / at most ${decimals} decimals, exactly`, place)
  // A number that was cut would be another number: never, whatever is configured.
  if (text.length > field.length) throw broken(field, value, `≤ ${field.length} 位 / characters`, place)
  return text
}

function broken(field: DbfField, value: DbfValue, rule: string, place: RecordPlace): YizhanError {
  return new YizhanError('ARCHIVE_VALUE', {
    field: field.name,
    value: String(value),
    rule,
    detail: `第 ${place.record} 条 / record ${place.record}`,
  })
}
