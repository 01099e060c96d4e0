/** A property of a message as text: what is no text as JSON, nothing as ''. */
export function textOf(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (typeof value === 'string') return value
  return typeof value === 'object' ? JSON.stringify(value) : String(value as number | boolean | bigint | symbol)
}
