import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { systemSchema } from '../../../core/config/schema.ts'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import type { FlowNode } from '../lib/red.ts'
import { fn, oaIn, oaOut, tab } from './lib/flow.ts'

let station: MiniStation
const sound = tab({ ...oaIn('in', {}, 'out'), x: 1, y: 1 }, { ...oaOut('out'), x: 9, y: 1 })
shared(
  async () => {
    const centre = { kind: 'cmpp', host: '127.0.0.1', account: '900001', accessNumber: '10650001', maxParts: 2 }
    const sms = systemSchema.parse({ id: 'sms', name: '短信中心', adapter: 'sms', settings: { centre } })
    station = await startMiniStation({ flows: sound, systems: [sms] })
  },
  () => station.close(),
)

const page = (more: object = {}): FlowNode => ({ id: 'new', type: 'tab', label: '新页', ...more })
const stranger = (more: object = {}): FlowNode => ({
  id: 'odd',
  type: 'not installed',
  name: '怪节点',
  z: 'new',
  x: 1,
  y: 1,
  wires: [],
  ...more,
})
const config: FlowNode = { id: 'odd', type: 'not installed', name: '怪节点' }

const unknown: Readonly<Record<string, readonly FlowNode[]>> = {
  'in a new tab': [page(), stranger()],
  'in a disabled tab': [page({ disabled: true }), stranger()],
  'as a disabled node': [page(), stranger({ d: true })],
  'as a configuration node only': [config],
  'in a subflow that nobody uses': [{ id: 'new', type: 'subflow', name: '新页' }, stranger()],
}

const files = async (): Promise<Record<string, string>> => {
  const names = (await readdir(station.flowsFolder)).filter((name) => name.endsWith('.json'))
  return Object.fromEntries(
    await Promise.all(
      names.map(async (name) => [name, await readFile(join(station.flowsFolder, name), 'utf8')] as const),
    ),
  )
}

/** A deploy that must be refused: what it is answered. Nothing has changed, and the flows run on. */
async function refused(deploy: () => Promise<unknown>): Promise<string> {
  const before = await files()
  const said = station.events.of('flows.refused').length
  const error = await deploy().then(
    () => new Error('it was deployed'),
    (thrown: unknown) => thrown as Error,
  )
  expect(error.message).toContain(': 400 ')
  const { code, message } = JSON.parse(error.message.slice(error.message.indexOf('{'))) as {
    readonly code: string
    readonly message: string
  }
  expect(code).toBe('FLOWS_REFUSED')
  expect(await files()).toEqual(before)
  await until(() => station.events.of('flows.refused').length > said, { what: 'the refusal in the log' })
  expect(station.events.of('flows.refused').at(-1)?.detail).toContain(`admin: ${message}`)
  const id = await station.accept()
  await until(() => station.events.of('hop.committed').some(({ row }) => row === `${id}@in`), {
    what: 'the flow to run',
  })
  return message
}

describe('a deploy with a node type that is not installed is refused, and names type, tab and node:', () => {
  for (const [where, nodes] of Object.entries(unknown)) {
    const named = where.includes('configuration')
      ? ['not installed', '怪节点', 'odd']
      : ['not installed', '新页', 'new', '怪节点', 'odd']
    const flows = [...sound, ...nodes]

    it.each(['full', 'nodes', 'flows'])(`${where}, POST /flows (%s), in both versions`, async (type) => {
      const headers = { 'node-red-deployment-type': type }
      for (const [version, body] of [
        ['v1', flows],
        ['v2', { flows }],
      ] as const) {
        const answer = await refused(() =>
          station.api.call('POST', '/flows', body, { ...headers, 'node-red-api-version': version }),
        )
        for (const name of named) expect(answer).toContain(name)
      }
    })
  }

  it('in one tab, POST /flow and PUT /flow/:id, also as a configuration node of the tab', async () => {
    const [first] = sound
    for (const [key, odd] of [
      ['nodes', stranger()],
      ['nodes', stranger({ d: true })],
      ['configs', config],
    ] as const) {
      const flow = { label: '新页', nodes: [], configs: [], [key]: [odd] }
      for (const name of ['not installed', '新页', '怪节点', 'odd']) {
        expect(await refused(() => station.api.call('POST', '/flow', flow))).toContain(name)
        expect(await refused(() => station.api.call('PUT', `/flow/${first?.id ?? ''}`, flow))).toContain(name)
      }
    }
    const global = { configs: [config], subflows: [] }
    expect(await refused(() => station.api.call('PUT', '/flow/global', global))).toContain('not installed')
    const subflows = [{ id: 'new', type: 'subflow', name: '新页', nodes: [stranger()] }]
    expect(await refused(() => station.api.call('PUT', '/flow/global', { subflows }))).toContain('新页')
  })
})

describe('a deploy with what flow authors may not do here is refused, also disabled:', () => {
  it.each<[string, object]>([
    ['exec', { type: 'exec', d: true }],
    ['file', { type: 'file' }],
    ['file in', { type: 'file in' }],
    ['watch', { type: 'watch' }],
    ['http in', { type: 'http in', url: '/x', method: 'get' }],
    ['tcp in', { type: 'tcp in', server: 'server', port: '1' }],
    ['tcp in', { type: 'tcp out', beserver: 'server', port: '1' }],
    ['udp in', { type: 'udp in', port: '1' }],
    ['websocket-listener', { type: 'websocket-listener', path: '/x', z: undefined }],
    ['websocket-listener', { type: 'websocket-client', path: '/x', z: undefined }],
  ])('%s: %o', async (allow, node) => {
    const answer = await refused(() =>
      station.api.call('POST', '/flows', [...sound, page(), { ...stranger(), ...node }]),
    )
    for (const name of ['怪节点', 'odd', `flows.allow: ["${allow}"]`, 'docs/flow-security.md'])
      expect(answer).toContain(name)
  })

  it('but not what calls others, nor what answers or writes to who is connected', async () => {
    const nodes = [
      { type: 'http request' },
      { type: 'tcp request' },
      { type: 'tcp out', beserver: 'client', host: '127.0.0.1', port: '9' },
      { type: 'udp out', addr: '127.0.0.1', port: '9' },
      { type: 'websocket-client', path: 'ws://127.0.0.1:9/', z: undefined },
      { type: 'mqtt-broker', broker: '127.0.0.1', autoConnect: false, z: undefined },
    ].map((node, at) => ({ ...stranger(), id: `out-${at}`, ...node }))
    await station.api.call('POST', '/flows', [...sound, page({ disabled: true }), ...nodes])
    await station.api.call('POST', '/flows', [...sound])
  })
})

describe('a deploy that would run nothing, or lose messages, is refused:', () => {
  const at = (type: string, more: object = {}): FlowNode[] => [page(), { ...stranger(), type, ...more }]
  it.each<[string, readonly object[], string]>([
    ['an instance of a subflow that is not there', at('subflow:gone'), 'subflow:gone'],
    ['a node without a type', [page(), { id: 'odd', z: 'new' }], 'flows[4].type'],
    ['a node without an id', [page(), { type: 'debug', z: 'new' }], 'flows[4].id'],
    ['a node that is none', [null as unknown as object], 'flows[3]'],
    ['one id twice', [page(), stranger({ type: 'comment' }), stranger({ type: 'comment' })], 'odd'],
    ['a group in a group that is not there', at('group', { g: 'gone', nodes: [] }), 'odd'],
    [
      'a subflow in itself',
      [
        { id: 'self', type: 'subflow', name: '环' },
        { id: 'inner', type: 'subflow:self', z: 'self', x: 1, y: 1, wires: [] },
      ],
      '环',
    ],
    ['a function that is none', [page(), { ...fn('odd', 'return ('), z: 'new' }], 'func'],
    [
      'a function that asks for a module',
      at('function', { func: '', libs: [{ var: 'x', module: 'left-pad' }] }),
      'left-pad',
    ],
    [
      'a change by an expression that is none',
      at('change', { rules: [{ t: 'set', p: 'a', to: '(', tot: 'jsonata' }] }),
      'JSONata',
    ],
    ['a switch by a pattern that is none', at('switch', { property: 'a', rules: [{ t: 'regex', v: '(' }] }), 'rules.v'],
    ['a map without a mapping', at('map', { operation: 'mapping', mapping: '' }), 'mapping'],
    ['a map by a mapping that is not there', at('map', { operation: 'mapping', mapping: 'gone' }), 'gone'],
    ['a map by an expression that is none', at('map', { operation: 'expression', expression: '(' }), 'JSONata'],
    [
      'a table with a comparison to nothing',
      at('route', { columns: [{ property: 'a' }], rows: [{ cells: ['>'] }] }),
      '1: a',
    ],
    [
      'a rule that no value could keep',
      at('guard', { rules: [{ property: 'a', test: 'at-most', value: 'x' }] }),
      'a at-most',
    ],
    ['a timer without a time', at('timer', { mode: 'clock', clock: '25:00' }), '25:00'],
    ['a collection of no while', at('collect', { mode: 'after', amount: '0' }), 'amount'],
    ['a property that is none', at('track', { idProperty: 'payload.[' }), 'idProperty'],
    ['a template with braces about nothing', at('sms out', { text: '{payload.[}' }), 'text'],
    [
      'an SMS that is too long whatever fills it',
      at('sms out', { text: `{id}${'字'.repeat(135)}` }),
      'maxParts：≤ 2 段',
    ],
    ['a mail’s subject that is', at('mail out', { subject: '字'.repeat(201), text: '字' }), 'subject'],
    ['a channel without a name', at('channel out', { mode: 'queue', queue: '' }), 'queue'],
    ['a property that nobody reads', at('oa out', { to: 'units', units: ['u'], urgncy: 'flash' }), 'node.urgncy'],
    ['an end that sends to no unit', at('oa out', { to: 'units', units: [] }), 'units'],
  ])('%s', async (_, nodes, names) => {
    expect(await refused(() => station.api.call('POST', '/flows', [...sound, ...nodes]))).toContain(names)
  })

  it('what is no list of nodes', async () => {
    expect(await refused(() => station.api.call('POST', '/flows', { a: 1 }))).toContain('flows')
  })

  it('but not for settings of what is disabled, which may be in the making, nor where the environment is to say', async () => {
    const draft = { mode: 'clock', clock: '' }
    const api = (nodes: readonly object[]): Promise<unknown> => station.api.call('POST', '/flows', [...sound, ...nodes])
    await api(at('timer', { ...draft, d: true }))
    await api([page({ disabled: true }), ...at('timer', draft).slice(1)])
    await api(at('map', { operation: 'mapping', mapping: '${NOT_KNOWN_YET}' }))
    await api([])
  })
})
