/** A document number as letters and digits only: dialects write the brackets in their own ways. */
export function plainNumber(number: string | undefined): string {
  return (number ?? '')
    .normalize('NFKC')
    .replace(/[^\p{L}\p{N}]/gu, '')
    .replace(/第0*(\d+)/u, '$1')
    .replace(/号$/u, '')
}
