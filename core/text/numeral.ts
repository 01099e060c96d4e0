const DIGITS = '零一二三四五六七八九'
const UNITS: Readonly<Record<string, number>> = { 十: 10, 百: 100, 千: 1000 }

/** 十二 → 12, 一百零五 → 105, 二〇一二 → 2012 (up to four figures); undefined for what is no numeral. */
export function readChineseNumeral(text: string): number | undefined {
  const plain = text.replaceAll('〇', '零').replaceAll('两', '二')
  if (!/^[零一二三四五六七八九十百千]{1,9}$/u.test(plain)) return undefined
  if (!/[十百千]/u.test(plain)) {
    const digits = Array.from(plain, (character) => DIGITS.indexOf(character)).join('')
    return digits.length <= 4 ? Number(digits) : undefined
  }
  let sum = 0
  let digit = 0
  let below = Infinity
  for (const character of plain) {
    const unit = UNITS[character]
    if (unit === undefined) {
      digit = DIGITS.indexOf(character)
      continue
    }
    // Units go down: 一百二十, never 二十一百.
    if (unit >= below) return undefined
    below = unit
    sum += (digit === 0 ? 1 : digit) * unit
    digit = 0
  }
  return sum + digit
}

/** 12 → 十二; from 1 to 99. */
export function chineseNumeral(number: number): string {
  if (number < 10) return DIGITS.charAt(number)
  const tens = Math.floor(number / 10)
  return `${tens === 1 ? '' : DIGITS.charAt(tens)}十${number % 10 === 0 ? '' : DIGITS.charAt(number % 10)}`
}
