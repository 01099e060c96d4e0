import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { freePorts } from '../../sandbox/net/ports.ts'
import { until } from '../lib/wait.ts'
import { EditorApi } from './lib/editor-api.ts'
import type { FlowNode } from './lib/red.ts'

const SECRETS = {
  'admin.token': 't',
  'editor.admin': 'p',
  'editor.credentials': 'c',
  'files.hmac': 'h',
  'account.a': 'p',
}
const MAPPING = (title: string): string =>
  `name: { zh: 标题, en: Title }\nfrom: [document]\nto: document\nexpression: '$ ~> |document|{ "title": "${title}" }|'\n`

/** A real station with a configuration of its own. */
class House {
  readonly folder: string
  readonly http: string
  readonly api: EditorApi
  readonly lines: string[] = []
  #child: ChildProcess | undefined

  constructor(folder: string, http: number, editor: number) {
    this.folder = folder
    this.http = `http://127.0.0.1:${http}`
    this.api = new EditorApi(`http://127.0.0.1:${editor}`, 'p')
  }

  static async make(): Promise<House> {
    const folder = await mkdtemp(join(tmpdir(), 'yizhan-own-flows-'))
    const [http = 0, editor = 0] = await freePorts(2)
    const house = new House(folder, http, editor)
    onTestFinished(() => house.close())
    await mkdir(join(folder, 'config'))
    const write = (name: string, text: string): Promise<void> => writeFile(join(folder, 'config', name), text)
    await write('station.yaml', `name: st\nhttp: { port: ${http} }\neditor: { port: ${editor} }\n`)
    await write(
      'systems.yaml',
      'systems:\n  - { id: oa, name: 各单位 OA, adapter: oa, profile: yizhan, roles: [calls-us] }\n',
    )
    await write('accounts.yaml', 'accounts:\n  - { id: a, system: oa, units: [u1] }\n')
    await write('groups.yaml', 'groups:\n  - { id: office, name: 市政府机构 }\nphrases: []\n')
    await write('units.tsv', 'id\tname\taliases\tgroups\tcodes\tsystem\nu1\t市政府办公室\t\toffice\tB-001\toa\n')
    await writeFile(join(folder, 'secrets.json'), JSON.stringify(SECRETS), { mode: 0o600 })
    return house
  }

  async start(...flows: string[]): Promise<void> {
    const { folder } = this
    const child = spawn(
      process.execPath,
      [
        join(projectHome(), 'dist', 'station', 'main.js'),
        ...[
          '--config',
          join(folder, 'config'),
          '--data',
          join(folder, 'data'),
          '--secrets',
          join(folder, 'secrets.json'),
        ],
        ...flows,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    this.#child = child
    createInterface({ input: child.stdout }).on('line', (line) => this.lines.push(line))
    const from = this.lines.length
    await until(() => this.lines.slice(from).some((line) => line.startsWith('{"ready":true')), {
      what: 'the station',
      timeoutMs: 120_000,
    })
  }

  async stop(): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null) return
    const exited = once(child, 'exit')
    child.kill('SIGTERM')
    await exited
  }

  async close(): Promise<void> {
    await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }

  async ready(): Promise<{ readonly ready: boolean; readonly waitingFor: readonly string[] }> {
    return (await (
      await fetch(`${this.http}/admin/health`, { headers: { authorization: 'Bearer t' } })
    ).json()) as never
  }

  logged(code: string): string | undefined {
    return this.lines.find((line) => line.includes(`"code":"${code}"`))
  }
}

async function textsIn(folder: string): Promise<Record<string, string>> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json')).sort()
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name), 'utf8')] as const)),
  )
}

describe('a station without --flows', () => {
  it('runs a copy of the shipped flows, which the editor changes, and never the shipped ones; the copy stays', async () => {
    const shipped = await textsIn(join(projectHome(), 'flows'))
    const house = await House.make()
    const own = join(house.folder, 'data', 'flows')
    await house.start()
    expect(await textsIn(own)).toEqual(shipped)
    await until(() => house.logged('flows.copied'), { what: 'the copy in the log' })
    await until(async () => (await house.ready()).ready, { what: 'ready' })
    await house.api.call('POST', '/flow', { label: '我的页', nodes: [] })
    await house.api.call('DELETE', '/flow/archive')
    const changed = await textsIn(own)
    expect(Object.keys(changed)).toContain('我的页.json')
    expect(Object.keys(changed)).not.toContain('archive.json')
    await house.stop()
    await house.start()
    expect(await textsIn(own)).toEqual(changed)
    expect(await textsIn(join(projectHome(), 'flows'))).toEqual(shipped)
  })
})

describe('a station whose flows cannot all run', () => {
  it('is not ready, and says which tab and which subscription, until the tab is mended', async () => {
    const house = await House.make()
    const flows = join(house.folder, 'flows')
    await cp(join(projectHome(), 'flows'), flows, { recursive: true })
    await house.start('--flows', flows)
    await until(async () => (await house.ready()).ready, { what: 'ready' })
    await house.stop()
    const report = JSON.parse(await readFile(join(flows, 'report.json'), 'utf8')) as FlowNode[]
    const odd = { id: 'odd', type: 'not installed', name: '怪节点', z: 'report', x: 1, y: 1, wires: [] }
    await writeFile(join(flows, 'report.json'), JSON.stringify([...report, odd]))
    await house.start('--flows', flows)
    const { ready, waitingFor } = await house.ready()
    expect(ready).toBe(false)
    const source = report.find(({ type }) => type === 'oa in')
    expect(waitingFor).toContain(`subscription ${(source?.['subscription'] as string | undefined) || source?.id || ''}`)
    for (const word of ['文件上报', 'report', '怪节点', 'odd', 'not installed'])
      expect(waitingFor.join()).toContain(word)
    expect(house.logged('flows.held-back')).toContain('not installed')
    const nodes = report.slice(1)
    await house.api.call('PUT', '/flow/report', { label: '文件上报', nodes })
    await until(async () => (await house.ready()).ready, { what: 'ready again' })
    // A tab that is deleted leaves its subscription, until somebody says that it is not wanted any more.
    const name = (source?.['subscription'] as string | undefined) || source?.id || ''
    const drop = async (): Promise<number> =>
      (
        await fetch(`${house.http}/admin/subscriptions/drop`, {
          method: 'POST',
          headers: { authorization: 'Bearer t', 'content-type': 'application/json' },
          body: JSON.stringify({ name, actor: 'somebody' }),
        })
      ).status
    expect(await drop()).toBe(422)
    await house.api.call('DELETE', '/flow/report')
    await until(async () => (await house.ready()).waitingFor.includes(`subscription ${name}`), { what: 'its absence' })
    expect(await drop()).toBe(200)
    await until(() => house.logged('subscription.dropped')?.includes(name), { what: 'the drop in the log' })
    await house.stop()
    await house.start('--flows', flows)
    expect((await house.ready()).waitingFor).not.toContain(`subscription ${name}`)
    expect(await drop()).toBe(404)
  })
})

describe('the mappings of a configuration', () => {
  it('are used by map before the shipped ones, again when they change, and stay when they are wrong', async () => {
    const house = await House.make()
    const mappings = join(house.folder, 'config', 'mappings')
    const flows = join(house.folder, 'flows')
    await mkdir(flows)
    await house.start('--flows', flows)
    const place = { z: 't', x: 1, y: 1 }
    const map = { id: 'map', type: 'map', operation: 'mapping', mapping: 'own', ...place, wires: [['keep']] }
    const tab = [
      { id: 't', type: 'tab', label: '页' },
      { id: 'press', type: 'inject', props: [], repeat: '', once: false, ...place, wires: [['make']] },
      {
        id: 'make',
        type: 'function',
        func: `msg.payload = ${JSON.stringify({
          schema: 'document/1',
          kind: 'document',
          id: 'd',
          trace: 'd',
          from: { unit: 'u1', name: '市政府办公室' },
          recipients: [],
          urgency: 'ordinary',
          acceptedAt: '2026-01-01T00:00:00.000Z',
          origin: { system: 'oa' },
          files: [],
          document: { direction: 'issue', title: '原题' },
        })}; return msg`,
        libs: [],
        outputs: 1,
        ...place,
        wires: [['map']],
      },
      map,
      {
        id: 'keep',
        type: 'function',
        func: `global.set('title', msg.payload.document.title)`,
        libs: [],
        outputs: 0,
        ...place,
        wires: [],
      },
    ]
    await expect(house.api.call('POST', '/flows', tab)).rejects.toThrow(/FLOWS_REFUSED.*own/)
    await mkdir(mappings)
    await writeFile(join(mappings, 'own.yaml'), MAPPING('第一'))
    await until(() => house.logged('config.reloaded'), { what: 'the mapping', timeoutMs: 30_000 })
    await house.api.call('POST', '/flows', tab)
    const shows = (title: string): Promise<unknown> =>
      until(
        async () => {
          await house.api.inject('press')
          return JSON.stringify(await house.api.call('GET', '/context/global/title')).includes(title)
        },
        { what: title, timeoutMs: 30_000 },
      )
    await shows('第一')
    await writeFile(join(mappings, 'own.yaml'), MAPPING('第二'))
    await shows('第二')
    await writeFile(join(mappings, 'own.yaml'), MAPPING('第三').replace('~>', '~'))
    await until(() => house.logged('config.rejected'), { what: 'the rejection', timeoutMs: 30_000 })
    expect(house.logged('config.rejected')).toMatch(/mappings\/own\.yaml:4 expression.*JSONata/)
    await shows('第二')
  })
})
