/** Whether a field says that there is nothing: blanks, dashes, 无, null. */
export function saysNothing(text: string): boolean {
  const word = text.replace(/[\s\-—–/]+/gu, '').toLowerCase()
  return word === '' || word === '无' || word === '無' || word === 'null'
}
