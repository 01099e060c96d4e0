import { createHash } from 'node:crypto'

/** People and codes that do not exist, the same for the same seed. */

const surnames = '赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜'
const given = '建国志强文博晓明海燕秀兰国庆卫东丽华永生春梅德胜玉珍学军淑英立新红霞振华桂芳'

export function inventedName(seed: string): string {
  const bytes = createHash('sha256').update(`name ${seed}`).digest()
  const first = pick(surnames, bytes.readUInt16BE(0))
  const second = pick(given, bytes.readUInt16BE(2))
  return (bytes[4] ?? 0) < 80 ? first + second : first + second + pick(given, bytes.readUInt16BE(6))
}

/** 13800000000 and up: a range that nobody is reached by. */
export function inventedMobile(index: number): string {
  return `1380000${String(index % 10_000).padStart(4, '0')}`
}

/** A UUID that stays for a seed (RFC 9562, version 8). */
export function inventedUuid(seed: string): string {
  const bytes = createHash('sha256').update(`uuid ${seed}`).digest().subarray(0, 16)
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'

/** 统一社会信用代码 of a public body, with its check character (GB 32100-2015: weights 3^i mod 31). */
export function inventedCreditCode(seed: string): string {
  const bytes = createHash('sha256').update(`code ${seed}`).digest()
  const body = `11411600${[...bytes.subarray(0, 9)].map((byte) => alphabet[byte % 31]).join('')}`
  let sum = 0
  let weight = 1
  for (const character of body) {
    sum += alphabet.indexOf(character) * weight
    weight = (weight * 3) % 31
  }
  return body + (alphabet[(31 - (sum % 31)) % 31] ?? '')
}

function pick(from: string, at: number): string {
  return from[at % from.length] ?? ''
}
