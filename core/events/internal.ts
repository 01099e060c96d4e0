import { asYizhanError, YizhanError } from '../errors/error.ts'
import type { YizhanEvent } from './event.ts'
import { maskText } from './mask.ts'

/** It went wrong on our side. A full station is none of these: whoever calls is told to come again. */
export function isInternal({ code, status }: YizhanError): boolean {
  return status >= 500 && code !== 'OVERLOADED'
}

/** What a stranger, an OA or a citizen may see of an error: what went wrong inside is for the log. */
export function presentable(error: YizhanError): YizhanError {
  return isInternal(error) ? new YizhanError('INTERNAL', { detail: '详见日志 / see the log' }, { cause: error }) : error
}

/** `presentable` where the caller understands nothing but text. */
export const INTERNAL_TEXT = '内部错误，详见日志 / internal error, see the log'

/** A log is no place for a whole body that an error quotes, characters. */
const LONGEST = 500

/**
 * What went wrong inside, for the log: whatever was thrown, masked.
 *
 * @param doing what was under way, where the error does not say so itself
 */
export function internalError(
  thrown: unknown,
  at: number,
  { doing, ...facts }: { readonly doing?: string } & Pick<YizhanEvent, 'system' | 'row'> = {},
): YizhanEvent {
  const error = asYizhanError(thrown)
  const said = error.code === 'INTERNAL' ? (error.facts.detail ?? error.message) : error.message
  const detail = maskText(doing === undefined ? said : `${doing}: ${said}`).slice(0, LONGEST)
  return { code: 'internal.error', at, ...facts, error: error.code, detail }
}
