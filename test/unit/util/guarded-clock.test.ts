import { describe, expect, it } from 'vitest'
import { monotonic, steady, type Clock } from '../../../core/util/clock.ts'
import { GuardedClock } from '../../../core/util/guarded-clock.ts'

const HOUR = 3600_000
const DAY = 24 * HOUR
const NOW = Date.UTC(2026, 0, 5)

/** A computer: time passes, and its clock can be set. */
class Computer implements Clock {
  #passed = 0
  #offset = NOW
  now(): number {
    return this.#passed + this.#offset
  }
  monotonic(): number {
    return this.#passed
  }
  pass(ms: number): void {
    this.#passed += ms
  }
  set(by: number): void {
    this.#offset += by
  }
}

const guarded = (computer: Computer): GuardedClock => new GuardedClock(computer, () => 72 * HOUR)

describe('a guarded clock', () => {
  it('follows its clock through small corrections, both ways, for months', () => {
    const computer = new Computer()
    const clock = guarded(computer)
    for (const by of [HOUR, -5 * HOUR, 60 * HOUR, -80 * HOUR]) {
      computer.pass(30 * DAY)
      computer.set(by)
      expect(clock.gap).toBeUndefined()
      expect(clock.now()).toBe(computer.now())
    }
  })

  it.each([8 * DAY, -8 * DAY, 4000 * DAY, -4000 * DAY])(
    'does not follow a jump of %d ms, and is right again when it is back',
    (by) => {
      const computer = new Computer()
      const clock = guarded(computer)
      computer.pass(HOUR)
      computer.set(by)
      expect(clock.now()).toBe(NOW + HOUR)
      computer.pass(6_000)
      expect(clock.now()).toBe(NOW + HOUR + 6_000)
      expect(clock.gap).toEqual({ ms: by, since: 'running' })
      computer.set(-by)
      expect(clock.gap).toBeUndefined()
      expect(clock.now()).toBe(computer.now())
    },
  )

  it('goes by a jump that a person accepts, and is guarded from there', () => {
    const computer = new Computer()
    const clock = guarded(computer)
    computer.set(8 * DAY)
    clock.accept()
    expect([clock.gap, clock.now()]).toEqual([undefined, NOW + 8 * DAY])
    computer.set(-8 * DAY)
    expect(clock.gap).toEqual({ ms: -8 * DAY, since: 'running' })
    expect(clock.now()).toBe(NOW + 8 * DAY)
  })

  it('after days off is followed, and the gap is seen until a person accepts it', () => {
    const computer = new Computer()
    const clock = guarded(computer)
    clock.lastBooked(NOW - 5 * DAY)
    expect(clock.now()).toBe(NOW)
    computer.pass(HOUR)
    expect(clock.gap).toEqual({ ms: 5 * DAY, since: 'restart' })
    expect(clock.now()).toBe(NOW + HOUR)
    clock.accept()
    expect(clock.gap).toBeUndefined()
  })

  it('that was ahead at the start is believed when it goes back to where it should be', () => {
    const computer = new Computer()
    const clock = guarded(computer)
    clock.lastBooked(NOW - 5 * DAY)
    computer.pass(6_000)
    computer.set(-5 * DAY)
    expect(clock.gap).toBeUndefined()
    expect(clock.now()).toBe(computer.now())
  })

  it('that is behind the last booked time at the start goes on from there, until it is set right', () => {
    const computer = new Computer()
    const clock = guarded(computer)
    clock.lastBooked(NOW + 400 * DAY)
    computer.pass(1_000)
    expect(clock.now()).toBe(NOW + 400 * DAY + 1_000)
    expect(clock.gap).toEqual({ ms: -400 * DAY, since: 'running' })
    computer.set(400 * DAY + HOUR)
    expect(clock.gap).toBeUndefined()
    expect(clock.now()).toBe(computer.now())
  })

  it('after a short time off is as it was', () => {
    const clock = guarded(new Computer())
    clock.lastBooked(NOW - 71 * HOUR)
    expect([clock.gap, clock.now()]).toEqual([undefined, NOW])
  })

  it('over an injected clock has that as its monotonic source: it may be set at will', () => {
    let at = NOW
    const injected: Clock = { now: () => at }
    const clock = new GuardedClock(injected, () => 72 * HOUR)
    const leases = steady(injected)
    at += 400 * DAY
    expect([clock.gap, clock.now(), monotonic(injected), leases.now()]).toEqual([undefined, at, at, at])
  })

  it('gives leases that no jump and no confirmation ends', () => {
    const computer = new Computer()
    const clock = guarded(computer)
    const leases = steady(clock)
    computer.set(8 * DAY)
    computer.pass(10)
    clock.accept()
    expect(leases.now()).toBe(NOW + 10)
  })
})
