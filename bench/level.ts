import { median } from './statistics.ts'

/** A value at a time, seconds since the beginning. */
export interface Point {
  readonly at: number
  readonly value: number
}

/** How much a value may rise and still count as level. */
export interface LevelRule {
  /** share of its own median */
  readonly share: number
  /** or so much in all, where that is more: what is small moves by more than a share of itself */
  readonly least: number
}

export interface Level {
  readonly median: number
  /** by the trend over the time that is judged */
  readonly rise: number
  readonly allowed: number
  readonly level: boolean
}

/** What comes before counts as warming up. */
const JUDGED_FROM = 1 / 3

/**
 * Whether a value has stopped rising after the first third of its points. The trend is the median of the slopes
 * between all pairs of points (Theil–Sen): a saw-tooth of collections or a single peak moves it little.
 *
 * @param points in the order of their times, at least six
 */
export function levelOf(points: readonly Point[], { share, least }: LevelRule): Level {
  const judged = points.slice(Math.ceil(points.length * JUDGED_FROM))
  const [first, last] = [judged[0], judged.at(-1)]
  if (first === undefined || last === undefined || judged.length < 4) throw new Error('too few points for a trend')
  const slopes = judged.flatMap((from, n) =>
    judged.slice(n + 1).map((to) => (to.value - from.value) / (to.at - from.at)),
  )
  const middle = median(judged.map(({ value }) => value))
  const rise = median(slopes) * (last.at - first.at)
  const allowed = Math.max(share * middle, least)
  return { median: middle, rise, allowed, level: rise <= allowed }
}
