import type { Reporter, TestCase } from 'vitest/node'

/** Names, at the end of a run, every test that passed only when it was tried again: a race that waits to be mended. */
export default class RetriesReporter implements Reporter {
  readonly #flaky: string[] = []

  onTestCaseResult(test: TestCase): void {
    const diagnostic = test.diagnostic()
    if (diagnostic?.flaky !== true) return
    this.#flaky.push(`${test.module.relativeModuleId} > ${test.fullName} (${diagnostic.retryCount})`)
  }

  onTestRunEnd(): void {
    if (this.#flaky.length === 0) return
    process.stdout.write(`\n== 重试后才通过 / passed only when tried again: ${this.#flaky.length}\n`)
    for (const name of this.#flaky) process.stdout.write(`   ${name}\n`)
  }
}
