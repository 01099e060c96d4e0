import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { Records } from '../../../core/events/records.ts'
import type { YizhanEvent } from '../../../core/events/event.ts'

const event = (row: string): YizhanEvent => ({ code: 'delivery.delivered', at: 0, row })

function recorded(): { readonly records: Records; readonly written: string[] } {
  const written: string[] = []
  const records = new Records((level, events) => written.push(`${level}: ${events.map(({ row }) => row).join(' ')}`))
  return { records, written }
}

it('writes the events of a turn together, in their order, those of each level apart', async () => {
  const { records, written } = recorded()
  for (const [level, row] of [
    ['info', '1'],
    ['info', '2'],
    ['warn', '3'],
    ['info', '4'],
  ] as const)
    records.add(level, event(row))
  expect(written).toEqual(['info: 1 2', 'warn: 3'])
  await nextTurn()
  records.add('info', event('5'))
  await nextTurn()
  expect(written).toEqual(['info: 1 2', 'warn: 3', 'info: 4', 'info: 5'])
})

it('keeps no error back, for the process may be about to end, nor what came before it', () => {
  const { records, written } = recorded()
  records.add('info', event('1'))
  records.add('error', event('2'))
  expect(written).toEqual(['info: 1', 'error: 2'])
})

it('holds no more than so many, and gives what it holds when it is asked', () => {
  const { records, written } = recorded()
  for (let n = 0; n < 1_001; n++) records.add('info', event('x'))
  expect(written).toHaveLength(2)
  records.flush()
  expect(written[2]).toBe('info: x')
})
