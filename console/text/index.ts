import { language } from '../settings.ts'
import { en } from './en.ts'
import { fill } from './fill.ts'
import { zh, type TextKey } from './zh.ts'

/** A text of the console in the reader's language; `{name}` is filled in. */
export function t(key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return fill(language.value === 'zh' ? zh[key] : en[key], values)
}

/** The same in both, for what is shown in whichever language the reader has then. */
export function both(
  key: TextKey,
  values: Readonly<Record<string, string | number>>,
): { readonly zh: string; readonly en: string } {
  return { zh: fill(zh[key], values), en: fill(en[key], values) }
}

/** What the station says in both languages. */
export function said(two: { readonly zh: string; readonly en: string }): string {
  return language.value === 'zh' ? two.zh : two.en
}

/** A kind of message in words; one that the console does not know, as it is called. */
export function kindText(kind: string): string {
  const key = `kind.${kind}`
  return Object.hasOwn(zh, key) ? t(key as TextKey) : kind
}
