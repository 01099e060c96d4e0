import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import iconv from 'iconv-lite'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { assemble, type Entries } from '../../../adapters/directory/assemble.ts'
import { directorySchema } from '../../../adapters/directory/config.ts'
import { changesBetween } from '../../../adapters/directory/diff.ts'
import { changesMessage } from '../../../adapters/directory/message.ts'
import { linkUnits, snapshotPeople } from '../../../adapters/directory/people.ts'
import { decodeSnapshot, encodeSnapshot } from '../../../adapters/directory/snapshot.ts'
import { loadFolder } from '../config/lib/folder.ts'
import { createUnitDirectory } from '../../../core/directory/unit-directory.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { fitting } from '../../../core/errors/fitting.ts'
import { linkReader } from '../../../core/hop/lines.ts'
import { message } from '../../../core/message/schema.ts'
import { classRule } from '../../../core/secrecy/class.ts'
import { lookAtJson } from '../../../core/secrecy/json.ts'
import { xmlSteps } from '../../../core/mapping/xml/read.ts'
import { inTurns } from '../../../core/util/turns.ts'
import { parseStringPromise } from 'xml2js'
import { readBody } from '../../../station/channel-body.ts'
import { holdOf, MOST_HOLD_MS } from '../../lib/holds.ts'

const MB = 1024 * 1024
const full = (piece: string, bytes: number): string => piece.repeat(Math.floor(bytes / Buffer.byteLength(piece)))

/** How it ends, and that it holds nobody up. */
async function holdsNobody(work: () => unknown, outcome = 'done'): Promise<void> {
  let said = ''
  const ms = await holdOf(async () => {
    try {
      await work()
      said = 'done'
    } catch (error) {
      said = error instanceof YizhanError ? error.code : String(error)
    }
  }, MOST_HOLD_MS)
  expect(said).toBe(outcome)
  expect(ms, 'ms').toBeLessThan(MOST_HOLD_MS)
}

describe('a line between station and flows', () => {
  const asked = (args: unknown): string => JSON.stringify({ t: 'ask', n: 1, method: 'status', args })
  it.each<[string, string, string]>([
    ['of Chinese', 'done', asked(full('防汛', 3 * MB))],
    ['of quotes', 'done', asked(full('"', 3 * MB))],
    ['of a file of 3 MB', 'done', asked(Buffer.alloc(3 * MB, 7).toString('base64'))],
    ['of numbers', 'done', `{"t":"ask","args":[${'1,'.repeat(499_000)}1]}`],
    ['of lists', 'RangeError', `{"t":"ask","args":[${full('[],', 30 * MB)}1]}`],
    ['of objects', 'RangeError', `{"t":"ask","args":[${full('{"a":1},', 30 * MB)}1]}`],
    ['that has no end', 'RangeError', full('QUJD', 66 * MB)],
  ])('%s (%s)', async (_what, outcome, line) => {
    const bytes = Buffer.from(`${line}\n`)
    let ended = ''
    await holdsNobody(async () => {
      ended = ''
      const reader = linkReader((text) => void (JSON.parse(text) as unknown))
      // As a socket brings it: a chunk a round.
      for (let at = 0; at < bytes.length && ended === ''; at += 64 * 1024) {
        try {
          reader.push(bytes.subarray(at, at + 64 * 1024))
        } catch (error) {
          ended = (error as Error).name
        }
        await new Promise((resolve) => setImmediate(resolve))
      }
    })
    expect(ended || 'done').toBe(outcome)
  })
})

describe('a message of a channel, up to 8 MB', () => {
  const envelope = {
    schema: 'channel/1',
    kind: 'channel',
    id: 'a',
    trace: 'a',
    from: { name: 'x' },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: '2026-01-01T00:00:00.000Z',
    origin: { system: 'channel' },
    files: [],
  }
  const classOf = classRule(['公开'])
  const shapes = {
    Chinese: full('防汛', 8 * MB),
    quotes: `"${full('\\"', 8 * MB - 2)}"`,
    members: `{${Array.from({ length: 24_000 }, (_, n) => `"${'k'.repeat(300)}${n}":1`).join(',')}}`,
    lists: `[${'[],'.repeat(12_000)}"${full('a', 7 * MB)}"]`,
    marks: full('机密★1年', 8 * MB),
    lines: full('机 密x\n', 8 * MB),
  }
  const cases = Object.entries(shapes).flatMap(([what, text]) =>
    (['as it is', 'in GBK', 'gzipped'] as const).map((how) => [what, how, text] as const),
  )
  it.each(cases)('%s, %s', async (_what, how, text) => {
    const bytes = Buffer.from(text)
    const item = {
      'as it is': { body: bytes },
      'in GBK': { body: iconv.encode(text, 'gb18030'), contentType: 'text/plain; charset=gb18030' },
      gzipped: { body: gzipSync(bytes), contentEncoding: 'gzip' },
    }[how]
    const round = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
    await holdsNobody(async () => {
      const { payload } = await readBody(item)
      await round()
      fitting(message, { ...envelope, channel: { name: 'c', payload } })
      await round()
      lookAtJson(payload, 'payload', classOf)
      await round()
      JSON.stringify(payload)
    })
  })

  it.each([
    ['done', 12_000],
    ['FIELD_INVALID', 2_000_000],
  ])('whose payload a flow makes (%s)', async (outcome, count) => {
    const payload = Array.from({ length: count }, () => ({ a: 1 }))
    await holdsNobody(() => fitting(message, { ...envelope, channel: { name: 'c', payload } }), outcome)
  })
})

describe.each([10_000, 50_000])('a directory of %i entries', (count) => {
  const config = directorySchema.parse({ url: 'ldap://127.0.0.1', base: 'dc=x,dc=y' })
  const entriesOf = (suffix: string): Entries => {
    const units = count / 5
    const place = (n: number): string => `ou=单位${n},ou=部门${n % 50},ou=市政府,dc=x,dc=y`
    const entry = (key: string, dn: string, values: Readonly<Record<string, string>>) =>
      [key, { key, dn, values: new Map(Object.entries(values).map(([name, value]) => [name, [value]])) }] as const
    return {
      units: new Map(
        Array.from({ length: units }, (_, n) =>
          entry(`u${n}`, place(n), { ou: `单位${n}${suffix}`, businesscategory: `C${n}` }),
        ),
      ),
      people: new Map(
        Array.from({ length: count - units }, (_, n) =>
          entry(`p${n}`, `uid=p${n},${place(n % units)}`, {
            uid: `p${n}`,
            cn: `张三${n}${suffix}`,
            mobile: '13800001234',
            title: '办公室主任、科员',
          }),
        ),
      ),
    }
  }
  let [before, after]: (ReturnType<typeof decodeSnapshot> & object)['snapshot'][] = []
  const [old, now] = [entriesOf(''), entriesOf('改')]
  beforeAll(async () => {
    before = (await inTurns(assemble(old, config))).snapshot
    after = (await inTurns(assemble(now, config))).snapshot
  })

  it('is assembled', () => holdsNobody(() => inTurns(assemble(old, config))))
  it('is compared', () => holdsNobody(() => changesBetween(before, after!)))
  it('is kept', () => holdsNobody(() => encodeSnapshot({ snapshot: before!, confirmedAt: 1 })))
  it('is linked', () => holdsNobody(() => [linkUnits(before!, () => undefined), snapshotPeople(before!)]))
  it('is told', () =>
    holdsNobody(() =>
      changesMessage({ system: { id: 'd', name: 'd' }, station: 's', now: 0, find: () => undefined }, before, after!),
    ))
  // Only where the station starts, and nobody is served yet: the larger one may take longer.
  if (count > 10_000) return
  it('is read again', () => {
    const bytes = encodeSnapshot({ snapshot: before!, confirmedAt: 1 })
    return holdsNobody(() => expect(decodeSnapshot(bytes)).toBeDefined())
  })
})

describe('XML as an object, as the node `map` makes it', () => {
  it.each<[string, string]>([
    ['of a text', `<a>${full('防汛', 3 * MB)}</a>`],
    ['of references', `<a>${full('&amp;', 3 * MB)}</a>`],
    ['of small elements', `<r>${'<a>b</a>'.repeat(99_000)}</r>`],
    ['of attributes', `<r>${'<a b="1" c="2"/>'.repeat(60_000)}</r>`],
    ['of names', `<r>${Array.from({ length: 50_000 }, (_, n) => `<a${n}/>`).join('')}</r>`],
  ])('%s', async (_what, xml) => {
    await holdsNobody(async () => {
      await inTurns(xmlSteps(xml))
      await parseStringPromise(xml, { async: true })
    })
  })
})

describe('units.tsv', () => {
  let folder = ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yizhan-units-'))
    await writeFile(join(folder, 'station.yaml'), 'name: s\n')
    await writeFile(
      join(folder, 'systems.yaml'),
      'systems:\n  - { id: s, name: s, adapter: oa, profile: yizhan, roles: [calls-us] }\n',
    )
    await writeFile(join(folder, 'accounts.yaml'), 'accounts: []\n')
    await writeFile(join(folder, 'groups.yaml'), 'groups:\n  - { id: department, name: 部门 }\nphrases: []\n')
  })
  afterAll(() => rm(folder, { recursive: true }))
  const row = (n: number): string => `u${n}\t周市第${n}住房和城乡建设局\t住建局${n}\tdepartment\tC${n}\ts`

  it.each<[string, string, number, (n: number) => string]>([
    ['in order', 'done', 5_000, row],
    ['one too long', 'CONFIG_INVALID', 5_001, row],
    ['wrong in each line', 'CONFIG_INVALID', 5_000, (n) => `u${n}\t\t\t\t\t`],
    ['of one id', 'CONFIG_INVALID', 5_000, () => row(1)],
    ['of 200,000 lines', 'CONFIG_INVALID', 200_000, (n) => `${n}`],
  ])('%s (%s)', async (_what, outcome, rows, line) => {
    const lines = ['id\tname\taliases\tgroups\tcodes\tsystem', ...Array.from({ length: rows }, (_, n) => line(n))]
    await writeFile(join(folder, 'units.tsv'), lines.join('\n'))
    await holdsNobody(() => loadFolder(folder), outcome)
  })

  it('becomes a directory', async () => {
    const units = (await loadUnits()).units
    await holdsNobody(async () => {
      const directory = createUnitDirectory({ units, groups: { groups: [], phrases: [] } })
      await inTurns(directory.prepare())
      expect(directory.mentions('市第3住建局长')).toBeDefined()
    })
  })

  async function loadUnits() {
    const lines = ['id\tname\taliases\tgroups\tcodes\tsystem', ...Array.from({ length: 5_000 }, (_, n) => row(n))]
    await writeFile(join(folder, 'units.tsv'), lines.join('\n'))
    return loadFolder(folder)
  }
})
