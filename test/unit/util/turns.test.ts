import { expect, it } from 'vitest'
import { atOnce, inTurns, type Steps } from '../../../core/util/turns.ts'

/** So many steps of so many milliseconds each. */
function* work(steps: number, ms: number, done: () => void = () => undefined): Steps<number> {
  for (let step = 0; step < steps; step++) {
    const until = performance.now() + ms
    while (performance.now() < until);
    done()
    yield
  }
  return steps
}

it('what is small is done before anybody else has a turn, also beside what is large', async () => {
  const said: string[] = []
  const large = inTurns(work(20, 4)).then(() => said.push('large'))
  const small = inTurns(work(1, 0.1)).then(() => said.push('small'))
  await small
  setImmediate(() => said.push('another round'))
  await large
  expect(said).toEqual(['small', 'another round', 'large'])
})

it('however much is under way, each round of the event loop has one turn', async () => {
  let round = 0
  let running = true
  const count = (): void => {
    round++
    if (running) setImmediate(count)
  }
  setImmediate(count)
  const turns: (readonly [who: string, round: number])[] = []
  const long = (who: string): Promise<number> => inTurns(work(6, 11, () => turns.push([who, round])))
  expect(await Promise.all([long('a'), long('b'), long('c')])).toEqual([6, 6, 6])
  running = false
  const later = turns.filter(([, at]) => at > 0)
  expect(new Set(later.map(([, at]) => at)).size).toBe(later.length)
  // In turn: nobody waits for another to finish.
  expect(later.slice(0, 3).map(([who]) => who)).toEqual(['a', 'b', 'c'])
})

it('ends between two steps when it is called off, with the reason', async () => {
  const gone = new AbortController()
  let steps = 0
  const working = inTurns(
    work(100, 11, () => {
      if (++steps === 3) gone.abort(new Error('gone'))
    }),
    gone.signal,
  )
  await expect(working).rejects.toThrow('gone')
  expect(steps).toBeLessThan(6)
})

it('all at once gives the same', () => {
  expect(atOnce(work(3, 0))).toBe(3)
})
