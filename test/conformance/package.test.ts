import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'

/**
 * What `npm pack` packs, beside the production packages alone. They are linked from this project's own folder, as
 * `npm install --omit=dev` would put them there: no registry is asked.
 */

const run = promisify(execFile)

let folder: string
let home: string
let station: ChildProcess | undefined
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-pack-'))
  // dist/ is what the gate has just built.
  await run('npm', ['pack', '--ignore-scripts', '--silent', '--pack-destination', folder], { cwd: projectHome() })
  home = join(folder, 'node_modules', 'yizhan')
  await mkdir(home, { recursive: true })
  await run('tar', ['-xzf', join(folder, 'yizhan-0.1.0.tgz'), '-C', home, '--strip-components=1'])
  const { packages } = JSON.parse(await readFile(join(projectHome(), 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>
  }
  const modules = join(projectHome(), 'node_modules')
  const names = Object.entries(packages)
    .filter(([path, { dev }]) => /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) && dev !== true)
    .map(([path]) => path.slice('node_modules/'.length))
  for (const name of names) {
    await mkdir(dirname(join(folder, 'node_modules', name)), { recursive: true })
    await symlink(join(modules, name), join(folder, 'node_modules', name))
  }
})
afterAll(async () => {
  if (station !== undefined && station.exitCode === null) {
    const ended = once(station, 'exit')
    station.kill('SIGKILL')
    await ended
  }
  await rm(folder, { recursive: true, force: true })
})

describe('the package', () => {
  it('has neither sandbox nor tests, and no development package beside it', async () => {
    const { stdout } = await run('find', [join(home, 'dist'), '-maxdepth', '1', '-mindepth', '1', '-printf', '%f\n'])
    const inside = ['adapters', 'console', 'core', 'docs', 'editor', 'examples', 'nodes', 'package.json', 'station']
    expect(stdout.split('\n').filter(Boolean).sort()).toEqual(inside)
    const { devDependencies } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8')) as {
      readonly devDependencies: Readonly<Record<string, string>>
    }
    const there = await Promise.all(
      ['vitest', 'ldapjs', 'smtp-server', 'dbffile'].map((name) =>
        readFile(join(folder, 'node_modules', name, 'package.json')).then(
          () => name,
          () => undefined,
        ),
      ),
    )
    expect(Object.keys(devDependencies)).toEqual(expect.arrayContaining(['vitest', 'ldapjs', 'smtp-server', 'dbffile']))
    expect(there.filter((name) => name !== undefined)).toEqual([])
  })

  it('has a command that works from anywhere, by the link that npm makes', async () => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await symlink(join(home, 'dist', 'station', 'cli.js'), join(bin, 'yizhan'))
    const yizhan = (...args: string[]) => run(process.execPath, [join(bin, 'yizhan'), ...args], { cwd: '/' })
    const made = join(folder, 'made')
    await mkdir(made)
    await yizhan('init', made, '--port', '0', '--editor-port', '0')
    expect((await yizhan('check', made)).stdout).toContain('可以启动 ready to start')
    expect(await readFile(join(made, 'deploy', 'yizhan.service'), 'utf8')).toContain(
      `"${join(home, 'dist', 'station', 'cli.js')}" station "${made}"`,
    )
  })

  it('starts a station that is ready, with a minimal configuration, and stops', async () => {
    const config = join(folder, 'config')
    await mkdir(config)
    const files = {
      'station.yaml': 'name: st\nhttp: { host: 127.0.0.1, port: 0 }\neditor: { host: 127.0.0.1, port: 0 }\n',
      'systems.yaml': 'systems:\n  - { id: oa, name: 甲, adapter: oa, profile: yizhan, roles: [calls-us] }\n',
      'accounts.yaml': 'accounts:\n  - { id: a, system: oa, units: [jia] }\n',
      'groups.yaml': 'groups:\n  - { id: department, name: 部门 }\nphrases: []\n',
      'units.tsv': 'id\tname\taliases\tgroups\tcodes\tsystem\njia\t市甲局\t\tdepartment\tA1\toa\n',
    }
    for (const [name, content] of Object.entries(files)) await writeFile(join(config, name), content)
    const secrets = join(folder, 'secrets.json')
    const names = ['admin.token', 'editor.admin', 'editor.credentials', 'files.hmac', 'account.a']
    await writeFile(
      secrets,
      JSON.stringify(Object.fromEntries(names.map((name) => [name, `${name}-only-for-this-test`]))),
      { mode: 0o600 },
    )
    const main = join(home, 'dist', 'station', 'main.js')
    const args = ['--config', config, '--data', join(folder, 'data'), '--secrets', secrets]
    const child = spawn(process.execPath, [main, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
    station = child
    const errors = text(child.stderr)
    let ready: { readonly http: string } | undefined
    for await (const line of createInterface({ input: child.stdout })) {
      if (!line.startsWith('{"ready"')) continue
      ready = JSON.parse(line) as { readonly http: string }
      break
    }
    if (ready === undefined) throw new Error(await errors)
    const wsdl = await fetch(`${ready.http}/oa/yizhan?wsdl`)
    expect([wsdl.status, await wsdl.text()]).toEqual([200, expect.stringContaining('definitions')])
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    expect(await exited).toEqual([0, null])
  })
})
