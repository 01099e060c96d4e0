/** A property of a message as text: what is no text as JSON, nothing as ''. */
export function propertyText(value: unknown): string {
  if (value === undefined || value === null) return ''
  return typeof value === 'string' ? value : JSON.stringify(value)
}
