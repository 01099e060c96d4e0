import {
  appendFileSync,
  closeSync,
  fdatasyncSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { VolumeReader } from '../../../core/content/volume-reader.ts'
import { volumeFile, VolumeWriter } from '../../../core/content/volumes.ts'
import { openLedger, type OpenedLedger } from '../../../core/ledger/open.ts'
import { systemClock } from '../../../core/util/clock.ts'
import { bodyOf } from '../../conformance/lib/ledger-kit.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'yizhan-volumes-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('volumes', () => {
  it('stand one body behind the other and are rolled when they are full', async () => {
    const writer = new VolumeWriter(folder, 100)
    const places = ['a', 'b', 'c', 'd'].map((letter) => writer.append(Buffer.alloc(40, letter)))
    writer.sync()
    expect(places).toEqual([
      { volume: 1, position: 0 },
      { volume: 1, position: 40 },
      { volume: 2, position: 0 },
      { volume: 2, position: 40 },
    ])
    const reader = new VolumeReader(folder)
    expect((await reader.read(2, 40, 40)).toString()).toBe('d'.repeat(40))
    expect((await reader.read(1, 40, 40)).toString()).toBe('b'.repeat(40))
    await reader.close()
    writer.close()
  })

  it('take a body that is larger than a volume', () => {
    const writer = new VolumeWriter(folder, 100)
    expect([writer.append(Buffer.alloc(1_000)), writer.append(Buffer.alloc(10))]).toEqual([
      { volume: 1, position: 0 },
      { volume: 2, position: 0 },
    ])
    writer.close()
  })

  it('are appended to behind whatever a crash has left at the end', () => {
    const first = new VolumeWriter(folder)
    first.append(Buffer.alloc(10))
    first.sync()
    first.close()
    appendFileSync(volumeFile(folder, 1), 'torn')
    const second = new VolumeWriter(folder)
    expect(second.append(Buffer.alloc(5))).toEqual({ volume: 1, position: 14 })
    second.close()
  })

  it('are written to the end, however little the disk takes at once', async () => {
    const writer = new VolumeWriter(folder, undefined, {
      write: (fd, bytes, from, count, position) => writeSync(fd, bytes, from, Math.min(3, count), position),
      sync: fdatasyncSync,
    })
    writer.append(Buffer.from('ten bytes.'))
    writer.append(Buffer.from('more'))
    writer.close()
    const reader = new VolumeReader(folder)
    expect((await reader.read(1, 0, 14)).toString()).toBe('ten bytes.more')
    await reader.close()
  })

  it.each(['write', 'sync'] as const)('are left for a new one after a failed %s', (what) => {
    let fails = false
    const fail = () => {
      if (fails) throw new Error('EIO')
    }
    const writer = new VolumeWriter(folder, undefined, {
      write: (fd, bytes, from, count, position) => {
        if (what === 'write') fail()
        return writeSync(fd, bytes, from, count, position)
      },
      sync: (fd) => {
        if (what === 'sync') fail()
        fdatasyncSync(fd)
      },
    })
    writer.append(Buffer.alloc(10))
    fails = true
    expect(() => (what === 'write' ? writer.append(Buffer.alloc(10)) : writer.sync())).toThrow('EIO')
    fails = false
    expect(writer.append(Buffer.alloc(10))).toEqual({ volume: 2, position: 0 })
    writer.sync()
    writer.close()
  })
})

describe('the content store on volumes', () => {
  let opened: OpenedLedger
  const open = async (options: object = {}) => {
    opened = await openLedger({
      folder,
      station: 'st',
      clock: systemClock,
      hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 },
      recentBytes: 0,
      verifyBodies: true,
      ...options,
    })
  }
  beforeEach(() => open())
  afterEach(() => opened.ledger.close())
  const content = path.join.bind(path)
  const volume = () => volumeFile(content(folder, 'content'), 1)
  const large = bodyOf(Buffer.alloc(20_000, 'large'))

  it('keeps small bodies in their rows and large ones in a volume, each once', async () => {
    await opened.content.write([bodyOf(Buffer.alloc(4_096))])
    expect(readdirSync(content(folder, 'content'))).toEqual([])
    await Promise.all([opened.content.write([large]), opened.content.write([large, large])])
    await opened.content.write([large])
    expect(statSync(volume()).size).toBe(20_000)
  })

  it('reads at once and from the disk, many together', async () => {
    const bodies = Array.from({ length: 20 }, (_, i) => bodyOf(Buffer.alloc(5_000 + i, `body ${i}`)))
    await opened.content.write(bodies)
    const read = await Promise.all([...bodies, ...bodies].map((b) => opened.content.read(b.digest)))
    expect(read.map((b, i) => b.equals(bodies[i % 20]?.bytes ?? Buffer.alloc(0)))).toEqual(Array(40).fill(true))
    expect(read[0]).toBe(read[20])
  })

  it('never gives out bytes that do not match their digest', async () => {
    await opened.content.write([large])
    const fd = openSync(volume(), 'r+')
    writeSync(fd, 'X', 100)
    closeSync(fd)
    await expect(opened.content.read(large.digest)).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
  })

  it('says so when a volume was cut off or is gone', async () => {
    await opened.content.write([large])
    truncateSync(volume(), 19_999)
    await expect(opened.content.read(large.digest)).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
    await opened.ledger.close()
    rmSync(volume())
    await open()
    await expect(opened.content.read(large.digest)).rejects.toMatchObject({ code: 'CONTENT_MISSING' })
    // what is gone once may have been put back
    const writer = new VolumeWriter(content(folder, 'content'))
    writer.append(large.bytes)
    writer.close()
    expect((await opened.content.read(large.digest)).equals(large.bytes)).toBe(true)
  })

  it('refuses bytes that do not match, where it is told to look', async () => {
    await expect(opened.content.write([{ digest: large.digest, bytes: Buffer.from('other') }])).rejects.toMatchObject({
      code: 'INTERNAL',
    })
    expect(await opened.content.has([large.digest])).toEqual(new Set())
  })
})
