import { YizhanError } from '../../../core/errors/error.ts'

/** What is wrong with a form; `part` names the part as its sender can find it. */
export function malformed(part: string, detail: string, cause?: unknown): YizhanError {
  const shown = part === '' ? detail : `${part}：${detail}`
  return new YizhanError(
    'MULTIPART_MALFORMED',
    { field: part === '' ? 'body' : part, detail: shown.slice(0, 300) },
    { cause },
  )
}

/** A part by its place, counted from 1, and by its name, once that is known. */
export function partLabel(place: number, name?: string): string {
  const named =
    name === undefined
      ? ''
      : `“${name
          .toWellFormed()
          .replace(/[\p{Cc}\p{Cf}]/gu, ' ')
          .slice(0, 40)}”`
  return `第 ${place} 部分 part ${place}${named}`
}
