import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { startGuardian } from '../guardian.ts'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { until } from '../wait.ts'
import { fingerprintOf, greets, makeKey, type SshServer } from './ssh-server.ts'

/** Debian's OpenSSH. */
export interface Sshd extends SshServer {
  /** From now on it takes another key, in OpenSSH format, and no more the one before; sessions that are open go on. */
  changeKey(): Promise<string>
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
    fingerprint: fingerprintOf(await readFile(inside('host.pub'), 'utf8')),
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
      await until(() => isUp() && greets(port, 'OpenSSH'), {
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
