import { afterEach, describe, expect, it } from 'vitest'
import { asYizhanError } from '../../../core/errors/error.ts'
import type { Outbound } from '../../../core/delivery/port.ts'
import { PolledRig } from './lib/polled-rig.ts'
import { submission } from './lib/rig.ts'

let rig: PolledRig | undefined
const opened = async (settings: Readonly<Record<string, unknown>> = {}): Promise<PolledRig> =>
  (rig = await PolledRig.open(settings))
afterEach(() => rig?.close())
const never = new AbortController().signal

/** A document with a file, for the unit behind their server. */
async function outbound(now: PolledRig, title: string): Promise<Outbound> {
  const file = '<file><name>附件.txt</name><content>5YaF5a65</content></file>'
  now.server.put(`out/${title}.xml`, submission(title, '市国土局', file))
  await now.round()
  const message = (await now.t.flow()).find((one) => one.kind === 'document' && one.document.title === title)
  if (message === undefined) throw new Error(`${title} was not accepted`)
  for (const path of now.below('receipts')) now.server.tree.delete(path)
  return { id: `${message.id}/tax`, unit: 'tax', message, attempt: 1 }
}

/** What the unit's program does whenever it looks: it takes what is whole, and removes it. */
function take({ server }: PolledRig, marker?: string): string[] {
  const whole = server.files().filter((path) => /^in\/[^.]+\.xml$/.test(path))
  const taken = marker === undefined ? whole : whole.filter((path) => server.tree.has(path + marker))
  for (const path of taken) {
    const stem = path.slice(0, -'.xml'.length)
    for (const name of server.files()) if (name.startsWith(stem) && !name.endsWith('.part')) server.tree.delete(name)
  }
  return taken
}

describe('an item in a folder of theirs', () => {
  it.each([
    ['by a rename', {}, false],
    ['by a marker', { put: 'marker' }, false],
    ['by a marker where the server cannot rename', {}, true],
  ])(
    '%s is there once, wherever the station is killed and however soon it is taken',
    async (_how, settings, cannotRename) => {
      const now = await opened(settings)
      const marker = cannotRename || 'put' in settings ? '.ok' : undefined
      for (const carriedOut of [false, true])
        for (const isSoon of [false, true])
          for (let cutAt = 1, isOver = false; !isOver; cutAt++) {
            const item = await outbound(now, `件${Number(carriedOut)}${Number(isSoon)}${cutAt}`)
            now.server.cannotRename = cannotRename
            const cut = now.station(cutAt, carriedOut)
            const failed = await cut.sender.send(item, never).then(() => undefined, asYizhanError)
            isOver = failed === undefined
            const taken = isSoon ? take(now, marker) : []
            // Killed before it was booked, even where all went well: the ledger does not know.
            const again = now.station()
            const probed = await again.sender.probe?.(item, never)
            // Where the sender itself knows that nothing was handed over, nothing was.
            if (failed !== undefined && !failed.inDoubt) expect(probed?.taken).toBe(false)
            if (probed?.taken === false) await again.sender.send(item, never)
            taken.push(...take(now, marker))
            expect(taken).toEqual([`in/${item.message.id}.xml`])
            now.server.cannotRename = false
            for (const path of now.below('in')) now.server.tree.delete(path)
            expect(cutAt).toBeLessThan(40)
          }
    },
  )

  it('has its file beside it, and is found again where they put what they have taken', async () => {
    const now = await opened({ folders: { taken: ['in/old'] } })
    const item = await outbound(now, '附件')
    const { sender } = now.station()
    expect(await sender.send(item, never)).toEqual({ remoteId: `${item.message.id}.xml` })
    expect(now.below('in')).toEqual([`in/${item.message.id}.1.附件.txt`, `in/${item.message.id}.xml`])
    expect(now.text(`in/${item.message.id}.xml`)).toContain(`${item.message.id}.1.附件.txt`)
    expect(await now.station().sender.probe?.(item, never)).toMatchObject({ taken: true })
    const bytes = now.server.tree.get(`in/${item.message.id}.xml`) ?? ''
    now.server.tree.delete(`in/${item.message.id}.xml`)
    now.server.put(`in/old/${item.message.id}.xml`, bytes)
    expect(await now.station().sender.probe?.(item, never)).toMatchObject({ taken: true })
  })

  it('that another has written under its name is no proof, and not written over', async () => {
    const now = await opened()
    const item = await outbound(now, '冒名')
    now.server.put(`in/${item.message.id}.xml`, 'something else')
    await expect(now.station().sender.probe?.(item, never)).rejects.toMatchObject({ code: 'STATUS_UNCLEAR' })
  })

  it('is not half there on a full disk, and comes when there is room', async () => {
    const now = await opened()
    const item = await outbound(now, '满')
    now.server.refuses = (operation) => operation.startsWith('write in/') && operation.endsWith('.xml.part')
    const station = now.station()
    const error = await station.sender.send(item, never).then(() => undefined, asYizhanError)
    expect(error).toMatchObject({ code: 'SYSTEM_FAULT', retryable: true, inDoubt: false })
    expect(now.below('in').filter((path) => path.endsWith('.xml') || path.endsWith('.part'))).toEqual([])
    expect(await station.sender.probe?.(item, never)).toMatchObject({ taken: false })
    now.server.refuses = () => false
    await station.sender.send(item, never)
    expect(take(now)).toEqual([`in/${item.message.id}.xml`])
  })

  it('refused at its last step and then lost with its temporary file was never handed over', async () => {
    const now = await opened()
    const item = await outbound(now, '先拒')
    now.server.refuses = (operation) => operation.startsWith('rename in/') && operation.endsWith('.xml.part')
    await expect(now.station().sender.send(item, never)).rejects.toMatchObject({ code: 'SYSTEM_FAULT', inDoubt: false })
    now.server.refuses = (operation) => operation.startsWith('write in/') && operation.endsWith('.xml.part')
    await expect(now.station().sender.send(item, never)).rejects.toMatchObject({ code: 'SYSTEM_FAULT', inDoubt: false })
    expect(now.below('in').filter((path) => path.endsWith('.part'))).toEqual([])
    expect(await now.station().sender.probe?.(item, never)).toMatchObject({ taken: false })
  })

  it('about something of theirs goes to receipts/', async () => {
    const now = await opened({ offers: 'zip' })
    const { message } = await outbound(now, '签收')
    if (message.kind !== 'document') throw new Error(message.kind)
    const { document: _, ...base } = message
    const receipt = {
      ...base,
      schema: 'receipt/1',
      kind: 'receipt',
      files: [],
      about: { id: message.id, title: '签收' },
      receipt: { state: 'signed' },
    } as never
    await now.station().sender.send({ id: `${message.id}/tax`, unit: 'tax', message: receipt, attempt: 1 }, never)
    expect(now.below('receipts')).toEqual([`receipts/${message.id}.zip`])
  })
})
