import { CATALOGUE } from '../../core/errors/catalogue.ts'
import { asYizhanError } from '../../core/errors/error.ts'
import { maskText } from '../../core/events/mask.ts'
import type { ShownFault } from '../api/contract/shared.ts'

/**
 * An error as rows and events keep it, `中文 / English`, with the way out that the catalogue has for its code.
 *
 * @param code of the catalogue, or one that a flow has given
 */
export function shownFault(code: string, text: string | undefined): ShownFault {
  const entry = Object.entries(CATALOGUE).find(([known]) => known === code)?.[1]
  const said = maskText(text ?? code)
  const cut = said.indexOf(' / ')
  return {
    code,
    zh: cut < 0 ? said : said.slice(0, cut),
    en: cut < 0 ? said : said.slice(cut + 3),
    ...(entry === undefined ? {} : { remedy: { zh: entry.remedy.zh, en: entry.remedy.en } }),
  }
}

/** What was thrown, as a row of a list has it. */
export function shownThrown(thrown: unknown): ShownFault {
  const error = asYizhanError(thrown)
  return shownFault(error.code, `${error.zh} / ${error.en}`)
}
