import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { freePorts } from '../../sandbox/net/ports.ts'
import { until } from '../lib/wait.ts'

/**
 * The twelve commands of docs/operations.md, each as it stands there, with other ports and another folder: TLS, a unit
 * by client certificate, a unit over SFTP, and a document from one to the other.
 */

const run = promisify(execFile)

let home: string
let commands: readonly string[]
let station: ChildProcess | undefined

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'yizhan-twelve-'))
  const [port, editorPort, filesPort] = (await freePorts(3)) as [number, number, number]
  await mkdir(join(home, 'bin'))
  const program = join(projectHome(), 'station', 'cli.ts')
  await writeFile(join(home, 'bin', 'yizhan'), `#!/bin/sh\nexec "${process.execPath}" "${program}" "$@"\n`, {
    mode: 0o755,
  })
  const page = await readFile(join(projectHome(), 'docs', 'operations.md'), 'utf8')
  const [, block = ''] = /^```sh twelve\n([\s\S]*?)\n```$/mu.exec(page) ?? []
  commands = block
    .replaceAll('/srv/city', join(home, 'city'))
    .replaceAll('8630', String(port))
    .replaceAll('8632', String(filesPort))
    .replace('--name zk', `--name zk --port ${port} --editor-port ${editorPort}`)
    .split('\n')
})
afterAll(async () => {
  if (station !== undefined && station.exitCode === null) {
    const ended = once(station, 'exit')
    station.kill('SIGTERM')
    await ended
  }
  await rm(home, { recursive: true })
})

const environment = (): NodeJS.ProcessEnv => ({ PATH: `${join(home, 'bin')}:${process.env['PATH']}` })
const shell = (command: string) => run('sh', ['-c', command], { cwd: home, env: environment() })

it('lead from an empty folder to a document', { timeout: 120_000 }, async () => {
  expect(commands).toHaveLength(12)
  const [fetch = '', submit = ''] = [...commands].reverse()
  for (const command of commands.slice(0, -2)) {
    if (command.endsWith(' &')) station = await started(command.slice(0, -2))
    else await shell(command)
  }
  expect((await shell(submit)).stdout).toMatch(/SubmitResponse/)
  // It is offered as soon as the flow has routed it.
  const fetched = await until(
    async () => {
      await shell(fetch)
      return (await readdir(home)).find((name) => name.endsWith('.xml'))
    },
    { what: 'the document over SFTP' },
  )
  expect(await readFile(join(home, fetched), 'utf8')).toContain('关于开展检查的通知')
  // Without the certificate nobody sends in its name.
  const stranger = submit.replace('--cert fgw.pem --key fgw-key.pem ', '')
  expect((await shell(stranger)).stdout).toContain('UNAUTHENTICATED')
})

async function started(line: string): Promise<ChildProcess> {
  const child = spawn('sh', ['-c', `exec ${line}`], {
    cwd: home,
    env: environment(),
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  for await (const text of createInterface({ input: child.stdout })) if (text.includes('"ready":true')) return child
  throw new Error('the station has ended')
}
