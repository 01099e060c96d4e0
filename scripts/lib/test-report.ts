/** The part of vitest's JSON report (its JsonTestResults) that is counted. */
export interface VitestReport {
  numPassedTests: number
  numFailedTests: number
  numPendingTests: number
  numTodoTests: number
  testResults: { status: 'passed' | 'failed'; assertionResults: { status: string }[] }[]
}

export interface Counts {
  passed: number
  failed: number
  skipped: number
}

/**
 * Counts what happened. A file that failed outside its tests, a run that failed without a failed test
 * (an unhandled error, a crash before the report) and a run without any test count as a failure each.
 *
 * @param exitCode vitest's
 * @param report undefined when vitest wrote none
 */
export function countTests(exitCode: number, report: VitestReport | undefined): Counts {
  if (!report) return { passed: 0, failed: 1, skipped: 0 }
  const failedFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
  )
  const passed = report.numPassedTests
  const failed = report.numFailedTests + failedFiles.length
  const silentFailure = failed === 0 && (exitCode !== 0 || passed === 0)
  return { passed, failed: silentFailure ? 1 : failed, skipped: report.numPendingTests + report.numTodoTests }
}

/** The last line of a test run. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}
