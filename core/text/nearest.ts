/**
 * The name that was probably meant: the nearest, letter case aside, by at most a third of its letters; undefined for
 * none.
 */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const given = name.toLowerCase().slice(0, 100)
  const near = names
    .map((one) => ({ one, far: distance(given, one.toLowerCase()) }))
    .filter(({ one, far }) => far <= Math.max(1, Math.floor(Math.max(one.length, given.length) / 3)))
  return near.toSorted((a, b) => a.far - b.far)[0]?.one
}

/** Letters to add, to take away, to change or to swap with their neighbour (optimal string alignment). */
function distance(one: string, other: string): number {
  let before: number[] = []
  let row = Array.from({ length: other.length + 1 }, (_, at) => at)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1]
      const swapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1]
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (same ? 0 : 1),
          ...(swapped ? [(before[j - 2] ?? 0) + 1] : []),
        ),
      )
    }
    before = row
    row = next
  }
  return row[other.length] ?? 0
}
