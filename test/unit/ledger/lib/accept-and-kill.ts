import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'

/**
 * Lets a process accept documents until it has acknowledged so many, and kills it there and then; what it acknowledged.
 */
export async function acceptAndKill(folder: string, acknowledged: number, witness?: string): Promise<string[][]> {
  const child = spawn(
    process.execPath,
    [path.join(import.meta.dirname, 'accepting.ts'), folder, ...(witness === undefined ? [] : [witness])],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const complaints: string[] = []
  child.stderr.on('data', (data: Buffer) => complaints.push(data.toString()))
  const lines: string[][] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(line.split(' '))
    if (lines.length === acknowledged) child.kill('SIGKILL')
  }
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  if (lines.length < acknowledged) throw new Error(`the child ended early: ${complaints.join('')}`)
  return lines
}
