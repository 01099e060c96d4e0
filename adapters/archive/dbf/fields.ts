import { YizhanError } from '../../../core/errors/error.ts'
import { gbkBytes, notInGbk } from './gbk.ts'
import type { DbfField } from './port.ts'

/** dBase III PLUS: fields of a table, and bytes of a record with its deletion mark. */
const MOST_FIELDS = 128
const MOST_RECORD_BYTES = 4000
const MOST_NAME_BYTES = 10

/** Bytes that a field takes in a record. */
export function widthOf(field: DbfField): number {
  return field.type === 'L' ? 1 : field.length
}

/** Bytes of one record, deletion mark included. */
export function recordLength(fields: readonly DbfField[]): number {
  return fields.reduce((sum, field) => sum + widthOf(field), 1)
}

/** @throws YizhanError CONFIG_INVALID with the field, the value and the rule */
export function checkFields(fields: readonly DbfField[]): void {
  if (fields.length === 0 || fields.length > MOST_FIELDS)
    throw invalid('fields', fields.length, `1–${MOST_FIELDS} 个字段 / fields`)
  const names = new Set<string>()
  for (const field of fields) {
    checkName(field.name)
    // FoxPro shows names in capitals and finds them in any case.
    const folded = field.name.toUpperCase()
    if (names.has(folded)) throw invalid(field.name, field.name, '字段名不得重复 / names must differ')
    names.add(folded)
    checkShape(field)
  }
  const bytes = recordLength(fields)
  if (bytes > MOST_RECORD_BYTES)
    throw invalid('fields', bytes, `记录 ≤ ${MOST_RECORD_BYTES} 字节 / bytes a record (dBase III)`)
}

function checkName(name: string): void {
  const bad = notInGbk(name)
  if (bad !== undefined) throw invalid(name, bad, '字段名须为 GBK 字符 / names are of GBK characters')
  const bytes = gbkBytes(name).length
  if (bytes === 0 || bytes > MOST_NAME_BYTES)
    throw invalid(name, bytes, `字段名 1–${MOST_NAME_BYTES} 字节（5 个汉字） / bytes in GBK`)
  if (!/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name))
    throw invalid(
      name,
      name,
      '字段名由字母、汉字、数字、下划线组成，不以数字开头 / letters, digits and _, no digit first',
    )
}

function checkShape(field: DbfField): void {
  if (field.type === 'L') return
  const most = field.type === 'C' ? 254 : 19
  if (!Number.isInteger(field.length) || field.length < 1 || field.length > most)
    throw invalid(field.name, field.length, `${field.type}: 1–${most}`)
  if (field.type === 'C') return
  const decimals = field.decimals ?? 0
  if (!Number.isInteger(decimals) || decimals < 0 || decimals > 15 || (decimals > 0 && decimals > field.length - 2))
    throw invalid(field.name, decimals, '小数位 0–15，且不超过宽度 − 2 / decimals ≤ 15 and ≤ length − 2')
}

function invalid(field: string, value: string | number, rule: string): YizhanError {
  return new YizhanError('CONFIG_INVALID', { field: `DBF ${field}`, value: String(value), rule })
}
