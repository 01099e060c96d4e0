import inspector from 'node:inspector'
import inspectorPromises from 'node:inspector/promises'
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'
import workerThreads from 'node:worker_threads'

/** Of Node's, and in no types of it. */
interface ConfinedProcess {
  readonly permission?: { drop?(scope: string): void }
  _kill(pid: number, signal: number): number
}

/**
 * Gives up what the permission model leaves open once the guard thread runs: other threads, which know no permissions;
 * the debugger, by which that thread could be made to run anything; signals and priorities of other processes. Called
 * before any flow runs. Docs/flow-security.md says what holds and what does not.
 */
export function confine(): void {
  const own = process as unknown as ConfinedProcess
  if (own.permission === undefined) return
  if (own.permission.drop === undefined) strip(workerThreads, ['Worker'])
  else own.permission.drop('worker')
  // Dropped, it would end the process when the guard thread asks whose code runs.
  for (const module of [inspector, inspectorPromises]) strip(module, Object.keys(module))
  strip(os, ['setPriority'])
  strip(process, ['_debugProcess', '_debugEnd'])
  const kill = own._kill.bind(process)
  fix(process, '_kill', (pid: number, signal: number): number => {
    if (pid !== process.pid) throw denied('process.kill')
    return kill(pid, signal)
  })
  syncBuiltinESMExports()
}

function strip(module: object, names: readonly string[]): void {
  for (const name of names)
    // As a constructor, too.
    fix(module, name, function () {
      throw denied(name)
    })
}

function fix(module: object, name: string, value: (...given: never[]) => unknown): void {
  Object.defineProperty(module, name, { value, writable: false, configurable: false, enumerable: true })
}

function denied(what: string): Error {
  return Object.assign(new Error(`流程不得使用 / not for flows: ${what}`), { code: 'ERR_ACCESS_DENIED' })
}
