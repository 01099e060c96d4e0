import { EventEmitter } from 'node:events'
import { expect, it, vi } from 'vitest'
import { startNotices, type NoticeDef } from '../../../nodes/lib/notices.ts'
import type { Node, Red } from '../../../nodes/lib/red.ts'
import { until } from '../../lib/wait.ts'

const put = vi.fn()
const hops = Object.assign(new EventEmitter(), {
  connected: true,
  city: { systems: [] as { adapter: string }[], units: [] },
  put,
})
vi.mock('../../../nodes/link/runtime.ts', () => ({ paletteRuntime: () => ({ hops }) }))

it('a mail out that had no system to send by no longer says so once it sends', async () => {
  const status = vi.fn()
  const node = Object.assign(new EventEmitter(), {
    id: 'n',
    type: 'mail out',
    status,
    warn: vi.fn(),
    error: vi.fn(),
    send: vi.fn(),
  }) as unknown as Node
  const red = { util: { normalisePropertyExpression: (expression: string) => expression.split('.') } } as unknown as Red
  startNotices(
    red,
    node,
    { id: 'n', type: 'mail out', whenNone: 'skip', text: '请签收', subject: '提醒', event: '' } satisfies NoticeDef,
    'mail',
  )
  const done = vi.fn()
  const input = (): boolean =>
    node.emit(
      'input',
      { payload: { id: 'd1', kind: 'document' }, people: [{ name: '张三', mail: 'a@example.gov.cn' }] },
      vi.fn(),
      done,
    )
  input()
  await until(() => done.mock.calls.length === 1, { what: 'the first message' })
  expect(status).toHaveBeenLastCalledWith(
    expect.objectContaining({ text: expect.stringContaining('no such system') as string }),
  )
  expect(put).not.toHaveBeenCalled()
  hops.city.systems.push({ adapter: 'mail' })
  input()
  await until(() => done.mock.calls.length === 2, { what: 'the second message' })
  expect(done.mock.calls).toEqual([[], []])
  expect(put).toHaveBeenCalledTimes(1)
  expect(status).toHaveBeenLastCalledWith({})
})
