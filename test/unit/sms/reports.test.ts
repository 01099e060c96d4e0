import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { progressOf, ReportBook, smsStateOf, withReport } from '../../../adapters/sms/reports.ts'
import type { SmsState, StatusReport } from '../../../adapters/sms/transport.ts'

const PARTS = ['p1', 'p2', 'p3']

function report(part: string, code: string): StatusReport {
  return { part, to: '13800000001', state: smsStateOf(code), code }
}

function told(...reports: StatusReport[]): { state: SmsState; code: string } {
  const { state, code } = reports.reduce(withReport, progressOf(PARTS))
  return { state, code }
}

const anyReport = fc
  .record({
    part: fc.constantFrom(...PARTS, 'other', '__proto__'),
    code: fc.constantFrom('DELIVRD', 'EXPIRED', 'UNDELIV', 'MK:0012', 'ACCEPTD'),
  })
  .map(({ part, code }) => report(part, code))

describe('a text’s state from its parts’ reports', () => {
  it.each([
    [[], 'waiting', ''],
    [['DELIVRD', 'DELIVRD'], 'waiting', ''],
    [['DELIVRD', 'DELIVRD', 'DELIVRD'], 'delivered', 'DELIVRD'],
    [['DELIVRD', 'ACCEPTD', 'DELIVRD'], 'waiting', ''],
    [['DELIVRD', 'EXPIRED'], 'expired', 'EXPIRED'],
    [['EXPIRED', 'MK:0012', 'DELIVRD'], 'failed', 'MK:0012'],
  ])('%j: %s', (codes, state, code) => {
    expect(told(...codes.map((one, at) => report(PARTS[at]!, one)))).toEqual({ state, code })
  })

  it('does not depend on order, repetition or strangers', () => {
    fc.assert(
      fc.property(fc.array(anyReport, { maxLength: 10 }), fc.array(fc.nat()), (reports, order) => {
        const shuffled = [
          ...reports,
          ...order.map((at) => reports[at % Math.max(1, reports.length)]).filter((one) => one !== undefined),
        ].toReversed()
        expect(told(...shuffled).state).toBe(told(...reports).state)
      }),
    )
  })

  it('the same report again changes nothing, and whoever has the text has it', () => {
    const once = withReport(progressOf(['p1']), report('p1', 'UNDELIV'))
    expect(withReport(once, report('p1', 'UNDELIV'))).toBe(once)
    const then = withReport(once, report('p1', 'DELIVRD'))
    expect(then.state).toBe('delivered')
    expect(withReport(then, report('p1', 'EXPIRED'))).toBe(then)
  })

  it('is plain data', () => {
    const progress = withReport(progressOf(PARTS), report('p2', 'MK:0012'))
    expect(withReport(JSON.parse(JSON.stringify(progress)) as typeof progress, report('p1', 'DELIVRD'))).toMatchObject({
      state: 'failed',
      code: 'MK:0012',
    })
  })
})

describe('ReportBook', () => {
  it('finds the text of a report, before and after it is tracked', () => {
    const book = new ReportBook()
    expect(book.report(report('p1', 'DELIVRD'))).toBeUndefined()
    expect(book.report(report('p1', 'DELIVRD'))).toBeUndefined()
    expect(book.track('m-1', progressOf(['p1', 'p2'])).parts['p1']).toMatchObject({ state: 'delivered' })
    expect(book.report(report('p2', 'DELIVRD'))).toMatchObject({
      key: 'm-1',
      progress: { state: 'delivered', code: 'DELIVRD' },
    })
    expect(book.report(report('p2', 'DELIVRD'))).toBeUndefined()
  })

  it('goes on from what a ledger kept, and forgets', () => {
    const book = new ReportBook()
    book.track('m-1', withReport(progressOf(['p1', 'p2']), report('p1', 'DELIVRD')))
    expect(book.report(report('p2', 'EXPIRED'))).toMatchObject({ progress: { state: 'expired' } })
    book.forget(['p1', 'p2'])
    expect(book.report(report('p2', 'DELIVRD'))).toBeUndefined()
  })

  it('keeps early reports within its limit, the newest', () => {
    const book = new ReportBook(2)
    for (const part of ['a', 'b', 'c']) book.report(report(part, 'DELIVRD'))
    expect(['a', 'b', 'c'].map((part) => book.track(part, progressOf([part])).state)).toEqual([
      'waiting',
      'delivered',
      'delivered',
    ])
  })
})
