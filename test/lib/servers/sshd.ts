import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startGuardian } from '../guardian.ts'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { until } from '../wait.ts'

/**
 * Debian's OpenSSH with its SFTP server, on 127.0.0.1, for the user that runs the tests; it takes a key and no
 * password.
 */
export interface Sshd {
  readonly port: number
  readonly username: string
  /** OpenSSH format */
  readonly privateKey: string
  /** of its host key, as `ssh-keygen -lf` shows it */
  readonly fingerprint: string
  /** where a session starts: what relative paths are below */
  readonly home: string
  /** From now on it takes another key, in OpenSSH format, and no more the one before; sessions that are open go on. */
  changeKey(): Promise<string>
  /** Starts it again on the same port and files. */
  start(): Promise<void>
  /** Ends it and all its sessions, without a word to them. */
  kill(): Promise<void>
  close(): Promise<void>
}

export async function startSshd(): Promise<Sshd> {
  const [port] = (await freePorts(1)) as [number]
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-sshd-'))
  const guardian = startGuardian(folder)
  const inside = (name: string): string => join(folder, name)
  await Promise.all([makeKey(inside('host')), makeKey(inside('client')), mkdir(inside('home'))])
  const { username } = userInfo()
  await writeFile(inside('sshd_config'), settings(port, inside, username))
  // sshd of root separates its privileges in here, which Debian makes at boot; containers have no boot.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 })
  let server: ChildProcess | undefined
  const isUp = (): boolean => server !== undefined && server.exitCode === null && server.signalCode === null

  const sshd: Sshd = {
    port,
    username,
    privateKey: await readFile(inside('client'), 'utf8'),
    fingerprint: fingerprint(await readFile(inside('host.pub'), 'utf8')),
    home: inside('home'),
    async changeKey() {
      await Promise.all(['client', 'client.pub'].map((name) => rm(inside(name))))
      await makeKey(inside('client'))
      return readFile(inside('client'), 'utf8')
    },
    async start() {
      const log = openSync(inside('log'), 'a')
      try {
        server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', inside('sshd_config')], {
          detached: true,
          stdio: ['ignore', log, log],
        })
        await once(server, 'spawn')
        server.unref()
        guardian.guard([server.pid ?? 0])
      } finally {
        closeSync(log)
      }
      await until(() => isUp() && answers(port), {
        what: `sshd:\n${await readFile(inside('log'), 'utf8')}`,
        timeoutMs: 20_000,
      })
    },
    async kill() {
      if (server === undefined || !isUp()) return
      const ended = once(server, 'exit')
      // Each session leads a process group of its own.
      for (const pid of [server.pid ?? 0, ...(await descendants(server.pid ?? 0))]) end(pid)
      await ended
      guardian.guard([])
    },
    async close() {
      await sshd.kill()
      await guardian.close()
    },
  }
  try {
    await sshd.start()
    return sshd
  } catch (error) {
    await sshd.close()
    throw error
  }
}

function settings(port: number, inside: (name: string) => string, username: string): string {
  return [
    `Port ${port}`,
    'ListenAddress 127.0.0.1',
    `HostKey ${inside('host')}`,
    `PidFile ${inside('pid')}`,
    `AuthorizedKeysFile ${inside('client.pub')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    `AllowUsers ${username}`,
    'UseDNS no',
    'MaxStartups 100',
    'Subsystem sftp internal-sftp',
    `ForceCommand internal-sftp -d ${inside('home')}`,
    '',
  ].join('\n')
}

async function descendants(pid: number): Promise<number[]> {
  // A session may end by itself meanwhile.
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch((error: unknown) => {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ESRCH') return ''
    throw error
  })
  const children = listed.split(' ').filter(Boolean).map(Number)
  return [...children, ...(await Promise.all(children.map(descendants))).flat()]
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    // it ended by itself meanwhile
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function makeKey(path: string): Promise<void> {
  await promisify(execFile)('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'test', '-f', path])
}

/** `ssh-ed25519 <base64> comment` */
function fingerprint(publicKey: string): string {
  const blob = Buffer.from(publicKey.split(' ')[1] ?? '', 'base64')
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`
}

/** Whether it greets. */
async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    // One that hangs up without a word would otherwise be waited for without end.
    const [greeting] = (await once(socket, 'data', { signal: AbortSignal.timeout(5_000) })) as [Buffer]
    return greeting.toString('latin1').startsWith('SSH-2.0-OpenSSH')
  } finally {
    socket.destroy()
  }
}
