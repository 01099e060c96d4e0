import { describe, expect, it } from 'vitest'
import { Day, PHONE } from './lib/day.ts'

describe('order', () => {
  const check = (day: Day, name: string): boolean | undefined =>
    day.reckon().order.find((one) => one.check === name)?.ok

  it('a withdrawal never stands before its document', () => {
    const day = new Day()
      .attempt({
        id: 'w',
        unit: 'office',
        kind: 'issue',
        number: '测〔2011〕1号',
        digest: 'w',
        address: { units: ['finance'] },
      })
      .attempt({ id: 'x', unit: 'office', kind: 'withdraw', about: 'w' })
    day.arrive('finance', { kind: 'withdrawal', about: { number: '测〔2011〕1号' } })
    expect(check(day, 'withdrawal-after-document')).toBe(false)
    day.arrive('finance', { kind: 'document', number: '测〔2011〕1号', digest: 'w' })
    expect(check(day, 'withdrawal-after-document')).toBe(false)
  })

  it('a lane keeps its order', () => {
    const inOrder = new Day()
    for (const id of ['a', 'b', 'c']) inOrder.document(id, 'office', ['finance', 'north'], { lane: 'north' })
    expect(check(inOrder, 'lane-in-order')).toBe(true)
    const box = inOrder.boxes.get('north')!
    ;[box[0], box[2]] = [
      { ...box[2]!, sequence: 1 },
      { ...box[0]!, sequence: 3 },
    ]
    expect(check(inOrder, 'lane-in-order')).toBe(false)
    const elsewhere = new Day()
    for (const id of ['a', 'b']) elsewhere.document(id, 'office', ['finance', 'north'], { lane: 'north' })
    const other = elsewhere.boxes.get('finance')!
    ;[other[0], other[1]] = [
      { ...other[1]!, sequence: 1 },
      { ...other[0]!, sequence: 2 },
    ]
    expect(check(elsewhere, 'lane-in-order')).toBe(true)
  })

  it('an urgent document overtakes what waits', () => {
    const queue = (urgentAt: number): Day => {
      const day = new Day()
      const ids = Array.from({ length: 100 }, (_, n) => `q${n}`)
      for (const id of ids)
        day.attempt({
          id,
          unit: 'office',
          kind: 'issue',
          number: `测〔2011〕${id}号`,
          digest: id,
          address: { units: ['south'] },
          queue: 'slow',
        })
      day.attempt({
        id: 'u',
        unit: 'office',
        kind: 'urgent',
        number: '特〔2011〕1号',
        digest: 'u',
        address: { units: ['south'] },
        queue: 'slow',
      })
      for (const [n, id] of ids.entries()) {
        if (n === urgentAt) day.arrive('south', { kind: 'document', number: '特〔2011〕1号', digest: 'u' })
        day.arrive('south', { kind: 'document', number: `测〔2011〕${id}号`, digest: id })
      }
      return day
    }
    expect(check(queue(3), 'urgent-first')).toBe(true)
    expect(check(queue(30), 'urgent-first')).toBe(false)
  })

  it('nothing of a petition that reports on a unit lies anywhere else, whether it bears the title or only the number', () => {
    for (const text of ['路灯不亮', '答复 p-00']) {
      const day = new Day().attempt({
        id: 'p-00',
        unit: 'citizen',
        kind: 'petition',
        title: '路灯不亮',
        address: { units: [] },
        accused: 'finance',
      })
      expect(check(day, 'accused-hear-nothing')).toBe(true)
      expect(check(day.arrive('finance', { kind: 'reply', text }), 'accused-hear-nothing')).toBe(false)
    }
  })

  it('whom the petition office releases a report to gets it, and the accused does not even then', () => {
    const released = (to: string): Day =>
      new Day()
        .attempt({
          id: 'p-00',
          unit: 'citizen',
          kind: 'petition',
          title: '路灯不亮',
          address: { units: [] },
          accused: 'finance',
        })
        .attempt({ id: 'd', unit: 'xinfangju', kind: 'decide', about: 'p-00', address: { units: [to] } })
        .arrive(to, { kind: 'document', title: '信访事项转送单：路灯不亮' })
    expect(check(released('north'), 'accused-hear-nothing')).toBe(true)
    expect(check(released('finance'), 'accused-hear-nothing')).toBe(false)
    expect(check(released('north').arrive('south', { kind: 'reply', text: '路灯不亮' }), 'accused-hear-nothing')).toBe(
      false,
    )
  })

  it('nobody is reminded who signed long before; on a busy machine that is longer', () => {
    const title = '会议通知'
    const meeting = (tookMs: number, laterMs: number): Day =>
      new Day()
        .attempt({
          id: 'm',
          unit: 'office',
          kind: 'issue',
          title,
          number: '测〔2011〕1m号',
          digest: 'm',
          address: { units: ['finance'] },
          remind: { finance: { phone: PHONE, mail: 'director@sandbox.invalid', absent: false } },
        })
        .pass(tookMs)
        .arrive('finance', { kind: 'document', number: '测〔2011〕1m号', digest: 'm' })
        .attempt({ id: 's', unit: 'finance', kind: 'sign', about: 'm' })
        .pass(laterMs)
        .arrive(PHONE, { kind: 'sms', key: `sms|${title}` })
    const reminded = (day: Day) => day.reckon().order.find(({ check }) => check === 'reminded-in-time')
    expect(reminded(meeting(500, 5_000))).toMatchObject({ ok: true, compared: 1 })
    expect(reminded(meeting(500, 9_000))).toMatchObject({ ok: false, compared: 1 })
    expect(reminded(meeting(5_000, 9_000))).toMatchObject({ ok: true })
    expect(reminded(meeting(5_000, 18_000))).toMatchObject({ ok: false })
  })

  it('nobody waits for an OA that is down', () => {
    const day = new Day().document('a', 'office', ['finance', 'north'], { whileDown: 'north' })
    day.lines.push({ t: 'switch', at: day.now(), oa: 'north', on: true })
    expect(check(day, 'nobody-waits')).toBe(true)
    day.document('b', 'office', ['finance'], { whileDown: 'north' })
    expect(check(day, 'nobody-waits')).toBe(false)
  })
})
