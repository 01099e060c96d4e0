/** The same numbers every time (mulberry32). */
export function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

/** Bytes changed, cut, doubled and put in, as a broken or hostile peer would. */
export function mutate(bytes: Buffer, next: (below: number) => number): Buffer {
  let now = Buffer.from(bytes)
  for (let times = 1 + next(4); times > 0; times--) {
    const at = next(now.length + 1)
    const kind = next(5)
    if (kind === 0 && now.length > 0) now[at % now.length] = next(256)
    else if (kind === 1) now = now.subarray(0, at)
    else if (kind === 2)
      now = Buffer.concat([
        now.subarray(0, at),
        Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff].slice(0, 1 + next(6))),
        now.subarray(at),
      ])
    else if (kind === 3) now = Buffer.concat([now.subarray(0, at), now.subarray(next(now.length + 1))])
    else if (now.length > 0) now[at % now.length] = [0x00, 0x01, 0x04, 0x30, 0x31, 0x7f, 0x80, 0x84, 0xff][next(9)] ?? 0
  }
  return now
}
