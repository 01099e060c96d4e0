import { defineConfig } from 'vitest/config'

interface Project {
  name: string
  /** Worker threads start faster; real processes, signals and one Node-RED a process need forks. */
  pool: 'threads' | 'forks'
  /** Milliseconds for one test. */
  timeout: number
}

/**
 * One a folder under test/. Unit tests first: they are quick and near the cause. All others together, so that no core
 * waits for the last file of a folder; within the group vitest goes by the project's name, and the short flows fill up
 * the end.
 */
const projects: Project[] = [
  { name: 'unit', pool: 'threads', timeout: 30_000 },
  { name: 'conformance', pool: 'forks', timeout: 120_000 },
  { name: 'flows', pool: 'forks', timeout: 180_000 },
  { name: 'e2e', pool: 'forks', timeout: 180_000 },
  { name: 'faults', pool: 'forks', timeout: 300_000 },
]

export default defineConfig({
  test: {
    teardownTimeout: 20_000,
    projects: projects.map(({ name, pool, timeout }) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        setupFiles: ['test/lib/catalogues.ts'],
        pool,
        // The machine that we plan for has two cores.
        maxWorkers: 2,
        sequence: { groupOrder: name === 'unit' ? 0 : 1 },
        testTimeout: timeout,
        // Tests of leases, breakers and deadlines run in real time: on a shared machine a stall is no defect. A real
        // one fails thrice.
        retry: process.env['CI'] === undefined ? 0 : 2,
        // A real RabbitMQ takes six seconds to start, and more than twice that when the machine is busy.
        hookTimeout: 90_000,
      },
    })),
  },
})
