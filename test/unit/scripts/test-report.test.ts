import { describe, expect, it } from 'vitest'
import { type VitestReport, countTests, summaryLine } from '../../../scripts/lib/test-report.ts'

const report = (changes: Partial<VitestReport> = {}): VitestReport => ({
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
  ...changes,
})

describe('countTests', () => {
  it.each([
    ['all passed', 0, report(), { passed: 3, failed: 0, skipped: 0 }],
    [
      'skipped and to-do tests',
      0,
      report({ numPendingTests: 1, numTodoTests: 2 }),
      { passed: 3, failed: 0, skipped: 3 },
    ],
    [
      'a failed test counts once, not again for its file',
      1,
      report({ numFailedTests: 1, testResults: [{ status: 'failed', assertionResults: [{ status: 'failed' }] }] }),
      { passed: 3, failed: 1, skipped: 0 },
    ],
    [
      'a file that could not be loaded',
      1,
      report({ testResults: [{ status: 'failed', assertionResults: [] }] }),
      { passed: 3, failed: 1, skipped: 0 },
    ],
    ['an unhandled error though every test passed', 1, report(), { passed: 3, failed: 1, skipped: 0 }],
    ['no test ran', 0, report({ numPassedTests: 0, testResults: [] }), { passed: 0, failed: 1, skipped: 0 }],
    ['no report at all', 134, undefined, { passed: 0, failed: 1, skipped: 0 }],
  ])('%s', (_name, exitCode, vitestReport, counts) => {
    expect(countTests(exitCode, vitestReport)).toEqual(counts)
  })
})

describe('summaryLine', () => {
  it('names the skipped only if there are some', () => {
    expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed')
    expect(summaryLine({ passed: 12, failed: 1, skipped: 2 })).toBe('12 passed, 1 failed, 2 skipped')
  })
})
