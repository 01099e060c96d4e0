import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** A process that is measured. */
export interface Measured<Ready> {
  readonly pid: number
  /** what it said when it could be used */
  readonly ready: Ready
  /** SIGTERM, then SIGKILL after 20 seconds */
  stop(): Promise<void>
  /** SIGKILL for it and all that it started, at once; resolves when it is gone */
  kill(): Promise<void>
}

const START_MS = 60_000
const STOP_MS = 20_000
const LOOK_MS = 50

/**
 * Starts a Node program that prints one line of JSON, with `ready` or `port` first, when it can be used. All that it
 * prints goes to the log, a file, so that nobody spends time on reading it. For profiling, what stands in
 * `YIZHAN_BENCH_NODE_OPTIONS`, such as `--cpu-prof --cpu-prof-dir=/tmp/profiles`, is the NODE_OPTIONS of all of them.
 */
export async function startProcess<Ready>(
  program: string,
  args: readonly string[],
  log: string,
): Promise<Measured<Ready>> {
  const output = openSync(log, 'w')
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', output, output],
    env: { ...process.env, NODE_OPTIONS: process.env['YIZHAN_BENCH_NODE_OPTIONS'] ?? '' },
  })
  closeSync(output)
  await once(child, 'spawn')
  const patience = performance.now() + START_MS
  for (;;) {
    const printed = await readFile(log, 'utf8')
    const line = /^\{"(?:ready|port)".*\}$/m.exec(printed)?.[0]
    if (line !== undefined)
      return {
        pid: child.pid ?? 0,
        ready: JSON.parse(line) as Ready,
        stop: () => stop(child),
        kill: () => kill(child),
      }
    const ended = child.exitCode !== null || child.signalCode !== null
    if (ended || performance.now() > patience) {
      child.kill('SIGKILL')
      throw new Error(`${program} did not start:\n${printed.slice(-4_000)}`)
    }
    await delay(LOOK_MS)
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_MS)
  await exited
  clearTimeout(impatience)
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  for (const pid of await familyOf(child.pid ?? 0)) process.kill(pid, 'SIGKILL')
  await exited
}

/** A process and all that descend from it (proc(5): the parent is the second field after the name). */
async function familyOf(pid: number): Promise<number[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const children = new Map<number, number[]>()
  for (const id of ids) {
    const stat = await readFile(`/proc/${id}/stat`, 'latin1').catch(() => '')
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
    children.set(parent, [...(children.get(parent) ?? []), Number(id)])
  }
  const under = (one: number): number[] => [one, ...(children.get(one) ?? []).flatMap(under)]
  return under(pid)
}

/** Processor time of these processes so far, in milliseconds, the kernel's included (proc(5): ticks of 10 ms). */
export async function cpuMs(pids: readonly number[]): Promise<number> {
  const times = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      return (Number(fields[11]) + Number(fields[12])) * 10
    }),
  )
  return times.reduce((sum, ms) => sum + ms, 0)
}
