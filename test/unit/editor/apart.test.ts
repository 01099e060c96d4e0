import { describe, expect, it } from 'vitest'
import { unusedNodes, withoutOwnSources } from '../../../editor/apart.ts'
import type { FlowNode } from '../../../core/hop/flow-node.ts'

const node = (id: string, type: string, more: Partial<FlowNode> = {}): FlowNode => ({
  id,
  type,
  z: 'tab',
  x: 1,
  y: 1,
  wires: [],
  ...more,
})
const disabled = (...flows: FlowNode[]): readonly string[] =>
  withoutOwnSources(flows)
    .filter((one) => one['d'] === true)
    .map(({ id }) => id)

describe('the flows of a process apart', () => {
  it('are set going by the station only: what nothing leads to is off', () => {
    expect(
      disabled(
        { id: 'tab', type: 'tab', label: '甲' },
        node('clock', 'inject', { wires: [['work']] }),
        node('broker', 'mqtt in', { wires: [['work']] }),
        node('page', 'http in', { wires: [['work']] }),
        node('vendor', 'vendor poll', { wires: [['work']] }),
        node('oa', 'oa in', { wires: [['work']] }),
        node('work', 'function', { wires: [['out']] }),
        node('out', 'oa out'),
      ),
    ).toEqual(['clock', 'broker', 'page', 'vendor'])
  })

  it('keep what brings in nothing by itself, and configuration nodes', () => {
    expect(
      disabled(
        node('catch', 'catch', { wires: [['log']] }),
        node('status', 'status'),
        node('complete', 'complete'),
        node('entry', 'link in', { wires: [['log']] }),
        node('log', 'debug'),
        node('remind', 'timer'),
        node('gather', 'collect'),
        node('letters', 'dead letter in'),
        { id: 'tls', type: 'tls-config' },
      ),
    ).toEqual([])
  })

  it('keep what a subflow’s inputs lead to', () => {
    expect(
      disabled(
        { id: 'sf', type: 'subflow', in: [{ wires: [{ id: 'inner' }] }], out: [] },
        node('inner', 'function', { z: 'sf' }),
        node('ticker', 'inject', { z: 'sf' }),
      ),
    ).toEqual(['ticker'])
  })

  it('load none of Node-RED’s own nodes but those that they use', () => {
    const unused = unusedNodes([node('a', 'function'), node('b', 'link call'), node('c', 'split')])
    expect(unused).toEqual(expect.arrayContaining(['10-mqtt.js', '21-httprequest.js', '20-inject.js']))
    for (const used of ['10-function.js', '60-link.js', '17-split.js']) expect(unused).not.toContain(used)
  })
})
