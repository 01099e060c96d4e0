import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { startGuardian } from '../guardian.ts'
import { until } from '../wait.ts'
import { fingerprintOf, greets, makeKey, type SshServer } from './ssh-server.ts'

/** Debian's ProFTPD with mod_sftp, as one of the time before posix-rename and fsync. */
export async function startProftpd(): Promise<SshServer> {
  const [port] = (await freePorts(1)) as [number]
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-proftpd-'))
  const guardian = startGuardian(folder)
  const inside = (name: string): string => join(folder, name)
  await Promise.all([makeKey(inside('host')), makeKey(inside('client')), mkdir(inside('home'))])
  // RFC 4716 is what it reads
  const { stdout: keys } = await promisify(execFile)('ssh-keygen', ['-e', '-f', inside('client.pub')])
  const { username: owner, uid, gid } = userInfo()
  // Its own users only: root of the machine may not log in.
  const username = 'legacy'
  const group = (await promisify(execFile)('id', ['-gn'])).stdout.trim()
  await writeFile(inside('keys'), keys, { mode: 0o600 })
  await writeFile(inside('passwd'), `${username}:x:${uid}:${gid}::${inside('home')}:/bin/false\n`, { mode: 0o600 })
  await writeFile(inside('group'), `${group}:x:${gid}:${username}\n`, { mode: 0o600 })
  await writeFile(inside('proftpd.conf'), settings(port, inside, owner, group))
  let server: ChildProcess | undefined
  const isUp = (): boolean => server !== undefined && server.exitCode === null && server.signalCode === null

  const proftpd: SshServer = {
    port,
    username,
    privateKey: await readFile(inside('client'), 'utf8'),
    fingerprint: fingerprintOf(await readFile(inside('host.pub'), 'utf8')),
    home: inside('home'),
    async start() {
      const log = openSync(inside('log'), 'a')
      try {
        server = spawn('/usr/sbin/proftpd', ['--nodaemon', '-c', inside('proftpd.conf')], {
          detached: true,
          stdio: ['ignore', log, log],
        })
        await once(server, 'spawn')
        server.unref()
        guardian.guard([server.pid ?? 0])
      } finally {
        closeSync(log)
      }
      await until(() => isUp() && greets(port, 'mod_sftp'), {
        what: `ProFTPD:\n${await readFile(inside('log'), 'utf8')}`,
        timeoutMs: 20_000,
      })
    },
    async kill() {
      if (server?.pid === undefined || !isUp()) return
      const ended = once(server, 'exit')
      // Its sessions are of its process group.
      process.kill(-server.pid, 'SIGKILL')
      await ended
      guardian.guard([])
    },
    async close() {
      await proftpd.kill()
      await guardian.close()
    },
  }
  try {
    await proftpd.start()
    return proftpd
  } catch (error) {
    await proftpd.close()
    throw error
  }
}

function settings(port: number, inside: (name: string) => string, owner: string, group: string): string {
  return [
    'ModulePath /usr/lib/proftpd',
    'LoadModule mod_sftp.c',
    'ServerType standalone',
    'DefaultServer on',
    'ServerName test',
    `Port ${port}`,
    'DefaultAddress 127.0.0.1',
    'UseIPv6 off',
    'UseReverseDNS off',
    `User ${owner}`,
    `Group ${group}`,
    `PidFile ${inside('pid')}`,
    `ScoreboardFile ${inside('scoreboard')}`,
    'DelayEngine off',
    'RequireValidShell off',
    'RootLogin on',
    'WtmpLog off',
    'TransferLog none',
    `SystemLog ${inside('log')}`,
    'MaxInstances 60',
    'AllowOverwrite on',
    'AuthOrder mod_auth_file.c',
    `AuthUserFile ${inside('passwd')}`,
    `AuthGroupFile ${inside('group')}`,
    'SFTPEngine on',
    `SFTPHostKey ${inside('host')}`,
    'SFTPAuthMethods publickey',
    `SFTPAuthorizedUserKeys file:${inside('keys')}`,
    'SFTPExtensions -posixRename -fsync',
    '',
  ].join('\n')
}
