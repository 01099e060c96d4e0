import { COMMON_PASSWORDS } from './common-passwords.ts'

export interface StrengthRules {
  readonly minLength: number
  /** kinds of characters: small, capital, digits, others */
  readonly classes: number
}

/** Longer ones would only cost time, characters. */
const LONGEST = 256

const CLASSES = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{Ll}\p{Lu}\p{Nd}]/u]

/** What people write for letters, in passwords that everybody tries. */
const LOOKS_LIKE: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'l',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

/** What is wrong with a new password, in Chinese and English, all of it; empty where nothing is. Never quotes it. */
export function weaknesses(
  password: string,
  person: { readonly id: string; readonly name: string },
  { minLength, classes }: StrengthRules,
): readonly string[] {
  const found: string[] = []
  const length = Array.from(password).length
  if (length < minLength) found.push(`至少 ${minLength} 个字符 / at least ${minLength} characters`)
  if (length > LONGEST) found.push(`至多 ${LONGEST} 个字符 / at most ${LONGEST} characters`)
  if (CLASSES.filter((one) => one.test(password)).length < classes)
    found.push(
      `大写、小写、数字、其他字符中至少 ${classes} 种 / of capitals, small letters, digits and others at least ${classes}`,
    )
  const plain = plainOf(password)
  for (const word of [person.id, person.name].map((text) => text.normalize('NFKC').toLowerCase()))
    if (word.length >= 2 && plain.includes(word))
      found.push('不得含账号或姓名 / must not hold the login name or the name')
  if (isCommon(plain)) found.push('常见口令，人人会试 / one of the commonest, which everybody tries')
  if (new Set(plain).size < 5) found.push('至少 5 个不同的字符 / at least 5 different characters')
  return found.slice(0, 6)
}

function plainOf(password: string): string {
  return password.normalize('NFKC').toLowerCase()
}

/** Itself, with letters for what looks like them, and both without what stands around the word. */
function isCommon(plain: string): boolean {
  const spelt = Array.from(plain)
    .map((character) => LOOKS_LIKE[character] ?? character)
    .join('')
  return [plain, spelt].some((form) => [form, bare(form, /\p{L}/u), bare(form, /[\p{L}\p{N}]/u)].some(isListed))
}

function isListed(form: string): boolean {
  return COMMON_PASSWORDS.has(form)
}

/** Without what is none of these before and behind: `2026#Welcome!` is still `welcome`. */
function bare(text: string, word: RegExp): string {
  const characters = Array.from(text)
  const isWord = (character: string): boolean => word.test(character)
  const first = characters.findIndex(isWord)
  return first < 0 ? '' : characters.slice(first, characters.findLastIndex(isWord) + 1).join('')
}
