import { defineConfig } from 'vitest/config'

interface Project {
  name: string
  /** Worker threads start faster; real processes, signals and one Node-RED a process need forks. */
  pool: 'threads' | 'forks'
  /** Test files at once; the machine that we plan for has two cores. */
  files: 1 | 2
  /** Milliseconds for one test. */
  timeout: number
}

/** One a folder under test/, run in this order: what is quick and near the cause first. */
const projects: Project[] = [
  { name: 'unit', pool: 'threads', files: 2, timeout: 30_000 },
  { name: 'conformance', pool: 'forks', files: 2, timeout: 120_000 },
  { name: 'flows', pool: 'forks', files: 2, timeout: 60_000 },
  { name: 'e2e', pool: 'forks', files: 2, timeout: 180_000 },
  { name: 'faults', pool: 'forks', files: 2, timeout: 300_000 },
]

export default defineConfig({
  test: {
    teardownTimeout: 20_000,
    projects: projects.map(({ name, pool, files, timeout }, groupOrder) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        pool,
        maxWorkers: files,
        sequence: { groupOrder },
        testTimeout: timeout,
        // Tests of leases, breakers and deadlines run in real time: on a shared machine a stall is no defect. A real one fails thrice.
        retry: process.env['CI'] === undefined ? 0 : 2,
        // A real RabbitMQ takes six seconds to start, and more than twice that when the machine is busy.
        hookTimeout: 90_000,
      },
    })),
  },
})
