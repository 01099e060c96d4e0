import { execFile, spawn } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import type { Said } from './yizhan.ts'

/** Debian's OpenSSH, and what goes through its ssh, as a client that logs in with a key of its own. */
export interface OpenSshClient {
  /** a line of `authorized_keys` */
  readonly publicKey: string
  readonly folder: string
  /** `sftp -b`: its commands one after the other */
  sftp(port: number, user: string, commands: readonly string[]): Promise<Said>
  /** `scp` with these arguments; `user@host:` stands before what begins with a colon */
  scp(port: number, user: string, args: readonly string[]): Promise<Said>
  /** `lftp` with these commands, connected */
  lftp(port: number, user: string, commands: readonly string[]): Promise<Said>
  /** runs a command there */
  ssh(port: number, user: string, command: string): Promise<Said>
  close(): Promise<void>
}

export async function openSshClient(): Promise<OpenSshClient> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-openssh-'))
  const key = join(folder, 'key')
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', key])
  const options = [
    ...['-o', 'BatchMode=yes', '-o', 'StrictHostKeyChecking=no', '-o', `UserKnownHostsFile=/dev/null`],
    ...['-o', 'LogLevel=ERROR', '-o', 'IdentitiesOnly=yes', '-o', 'ConnectTimeout=10', '-i', key],
  ]
  return {
    folder,
    publicKey: (await readFile(`${key}.pub`, 'utf8')).trim(),
    sftp: (port, user, commands) =>
      run('sftp', ['-q', '-b', '-', ...options, '-P', String(port), `${user}@127.0.0.1`], commands),
    scp: (port, user, args) => {
      const whole = args.map((arg) => (arg.startsWith(':') ? `${user}@127.0.0.1${arg}` : arg))
      return run('scp', ['-q', ...options, '-P', String(port), ...whole])
    },
    ssh: (port, user, command) => run('ssh', [...options, '-p', String(port), `${user}@127.0.0.1`, command]),
    lftp: (port, user, commands) => {
      const connect = `set sftp:connect-program "ssh -a -x ${options.join(' ')}"; set net:max-retries 1; set net:timeout 20; set xfer:clobber yes; set cmd:fail-exit yes; open -u ${user},none sftp://127.0.0.1:${port}`
      return run('lftp', ['-c', [connect, ...commands].join('; ')])
    },
    close: () => rm(folder, { recursive: true, force: true }),
  }
}

async function run(program: string, args: readonly string[], lines: readonly string[] = []): Promise<Said> {
  const child = spawn(program, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], HOME: tmpdir(), LANG: 'C.UTF-8' },
  })
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status) => resolve(status ?? -1))
  })
  // One that ends before it has read everything says so by its code.
  child.stdin.on('error', () => undefined)
  child.stdin.end(lines.map((line) => `${line}\n`).join(''))
  const [out, err] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await code, out, err }
}
