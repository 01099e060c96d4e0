/**
 * Milliseconds to wait after so many failures in a row, from 1: `first`, then twice as long each time, at most `most`.
 */
export function doubling(failures: number, { first, most }: { readonly first: number; readonly most: number }): number {
  return Math.min(most, first * 2 ** Math.min(40, Math.max(0, failures - 1)))
}
