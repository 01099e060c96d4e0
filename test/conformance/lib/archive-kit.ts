import { execFile } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { buildBatch, type Batch } from '../../../adapters/archive/batch.ts'
import { sftpSchema, type SftpConfig, type SftpSecrets } from '../../../adapters/kit/sftp/config.ts'
import { Bureau } from '../../../sandbox/archive/bureau.ts'
import { startSshd } from '../../lib/servers/sshd.ts'
import { Bodies, defaultProfile, sampleConfig, sampleInput } from '../../unit/archive/lib/samples.ts'

/** An SFTP server under test, and how it is reached. */
export interface ArchiveServer {
  readonly config: SftpConfig
  readonly secrets: SftpSecrets
  /** the folder in which a session starts */
  readonly home: string
  stop(): Promise<void>
  start(): Promise<void>
  close(): Promise<void>
}

const limits = { connectTimeoutMs: 10_000, operationTimeoutMs: 10_000 }

export async function opensshServer(): Promise<ArchiveServer> {
  const sshd = await startSshd()
  return {
    config: sftpSchema.parse({
      host: '127.0.0.1',
      port: sshd.port,
      username: sshd.username,
      login: 'key',
      hostKeys: [sshd.fingerprint],
      ...limits,
    }),
    secrets: { privateKey: sshd.privateKey },
    home: sshd.home,
    stop: () => sshd.kill(),
    start: () => sshd.start(),
    close: () => sshd.close(),
  }
}

export interface BureauServer extends ArchiveServer {
  readonly bureau: Bureau
  readonly folder: string
}

export async function bureauServer(): Promise<BureauServer> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-bureau-'))
  const bureau = new Bureau({ folder, username: 'yizhan', password: 'a secret' })
  await bureau.start()
  return {
    bureau,
    folder,
    config: sftpSchema.parse({
      host: '127.0.0.1',
      port: bureau.host.port,
      username: 'yizhan',
      hostKeys: [bureau.host.fingerprint],
      ...limits,
    }),
    secrets: { password: 'a secret' },
    home: join(folder, 'sftp'),
    stop: () => bureau.host.switchOff(),
    start: () => bureau.host.switchOn(),
    async close() {
      await bureau.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

export async function makeBatch(id: string, count: number, bytes = 3_000, first = 1): Promise<Batch> {
  const bodies = new Bodies()
  return buildBatch(sampleInput(id, count, bodies, bytes, first), sampleConfig(), await defaultProfile(), bodies.read)
}

/** Files below a folder, sorted. */
export async function treeOf(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .sort()
}

/** coreutils' own word on a batch's folder: exit code 0 if every file is as the manifest says. */
export async function sha256sumAgrees(folder: string): Promise<boolean> {
  const { stdout } = await promisify(execFile)('sha256sum', ['--check', '--strict', 'manifest.sha256'], {
    cwd: folder,
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  })
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .every((line) => line.endsWith(': OK'))
}
