import { afterEach, expect, it } from 'vitest'
import { PolledRig } from './lib/polled-rig.ts'

let rig: PolledRig | undefined
afterEach(() => rig?.close())
const never = new AbortController().signal

const submission = (title: string, to: string, files: readonly object[]): string =>
  JSON.stringify({
    Submit: { document: { documentType: '通知', documentTitle: title, mainReceiverDepartment: to, files } },
  })

it('is given as JSON with its files beside it, answered in JSON, and put as JSON', async () => {
  rig = await PolledRig.open({ offers: 'json' })
  rig.server.put('out/甲.txt', '甲乙')
  rig.server.put('out/甲.json', submission('甲', '市国土局', [{ name: '甲.txt', role: 'main', content: '' }]))
  expect(await rig.round()).toBe('good')
  const [message] = await rig.t.flow()
  if (message?.kind !== 'document') throw new Error(message?.kind)
  expect(message).toMatchObject({ document: { title: '甲' }, files: [{ name: '甲.txt', size: 6 }] })
  expect(rig.server.files()).toEqual(['receipts/甲.json'])
  expect(JSON.parse(rig.text('receipts/甲.json'))).toMatchObject({ messageId: message.id })

  const outbound = { id: `${message.id}/tax`, unit: 'tax', message, attempt: 1 }
  await rig.station().sender.send(outbound, never)
  expect(rig.below('in')).toEqual([`in/${message.id}.1.甲.txt`, `in/${message.id}.json`])
  const item = JSON.parse(rig.text(`in/${message.id}.json`)) as object
  expect(item).toMatchObject({ id: outbound.id, document: { documentTitle: '甲' } })
  expect(JSON.stringify(item)).toContain(`${message.id}.1.甲.txt`)
})

it('is refused under its name where it is no JSON, or its file is missing', async () => {
  rig = await PolledRig.open({ besideMs: 1_000 })
  rig.server.put('out/乙.json', '{"Submit": {')
  rig.server.put('out/丙.json', submission('丙', '市国土局', [{ name: '丙.txt', content: '' }]))
  const station = rig.station()
  await station.round()
  expect(rig.text('errors/乙.txt')).toContain('JSON_')
  expect(rig.below('errors')).toEqual(['errors/乙.txt'])
  rig.t.clock.skew += 2_000
  await station.round()
  expect(rig.text('errors/丙.txt')).toContain('FILES_MISSING')
  expect(await rig.accepted()).toEqual([])
})
