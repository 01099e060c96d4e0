import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:net'
import { promisify } from 'node:util'

/** A real server with its SFTP, on 127.0.0.1, for the user that runs the tests; it takes a key and no password. */
export interface SshServer {
  readonly port: number
  readonly username: string
  /** OpenSSH format */
  readonly privateKey: string
  /** of its host key, as `ssh-keygen -lf` shows it */
  readonly fingerprint: string
  /** where a session starts: what relative paths are below */
  readonly home: string
  /** Starts it again on the same port and files. */
  start(): Promise<void>
  /** Ends it and all its sessions, without a word to them. */
  kill(): Promise<void>
  close(): Promise<void>
}

export async function makeKey(path: string): Promise<void> {
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path])
}

/** Of `ssh-ed25519 <base64> comment`. */
export function fingerprintOf(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** Whether it greets as SSH, and as this program. */
export async function greets(port: number, program: string): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    // One that hangs up without a word would otherwise be waited for without end.
    const [greeting] = (await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })) as [Buffer]
    return greeting.toString('latin1').startsWith(`SSH-2.0-${program}`)
  } finally {
    socket.destroy()
  }
}
