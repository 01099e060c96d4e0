import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { collectorAddress } from '../../../core/config/syslog.ts'
import { makeAuthority, type Authority } from '../../lib/authority.ts'
import { containing } from '../lib/match.ts'
import { configFolder, loadFolder, problemsOf } from './lib/folder.ts'

let folder: string
let authority: Authority
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-syslog-config-'))
  authority = makeAuthority(folder)
})
afterAll(() => rm(folder, { recursive: true }))

const loaded = async (syslog: object) => {
  const overrides = { station: { log: { syslog } } }
  return loadFolder(await configFolder(), { overrides })
}
const problems = (syslog: object) => problemsOf(loaded(syslog))

describe('log.syslog', () => {
  it('is all there with an address alone', async () => {
    const { station } = await loaded({ url: 'tls://log.zhou.gov.cn:6514' })
    expect(station.log.syslog).toEqual({
      url: 'tls://log.zhou.gov.cn:6514',
      facility: 'local0',
      appName: 'yizhan',
      enterprise: 32473,
      bufferBytes: 8 * 1024 * 1024,
    })
  })

  it.each([
    ['tls://h:6514', { over: 'tls', host: 'h', port: 6514 }],
    ['udp://10.0.0.1:514/', { over: 'udp', host: '10.0.0.1', port: 514 }],
    ['tcp://[fd00::1]:601', { over: 'tcp', host: 'fd00::1', port: 601 }],
    ...[
      'tls://h',
      'tls://h:0',
      'tls://:514',
      'http://h:514',
      'tls://u:p@h:514',
      'tls://h:514/x',
      'tls://h:514?x',
      'h',
    ].map((text) => [text, undefined] as const),
  ] as const)('reads %s', (text, wanted) => {
    expect(collectorAddress(text)).toEqual(wanted)
  })

  it('has all its faults told at once', async () => {
    const found = await problems({
      url: 'syslog://h',
      facility: 'local9',
      appName: '驿站',
      level: 'notice',
      bufferBytes: 1,
      port: 514,
    })
    expect(found.map(({ field }) => field.replace(/.*log\.syslog/, ''))).toEqual(
      expect.arrayContaining(['.url', '.facility', '.appName', '.level', '.bufferBytes']),
    )
    expect(found.find(({ value }) => value === 'port')).toBeDefined()
  })

  it('wants files for tls:// only, certificate and key together', async () => {
    const { caFile, certFile } = authority
    expect(await problems({ url: 'tcp://h:601', caFile })).toMatchObject([
      { field: containing('log.syslog.caFile'), rule: containing('tls://') },
    ])
    expect(await problems({ url: 'tls://h:6514', certFile })).toMatchObject([
      { field: containing('log.syslog.keyFile'), rule: containing('certFile') },
    ])
  })

  it('reads the files: there, in PEM, and a pair', async () => {
    const { caFile, certFile, keyFile } = authority
    const url = 'tls://h:6514'
    const text = join(folder, 'text')
    await writeFile(text, 'no certificate')
    expect(await problems({ url, caFile: join(folder, 'none'), certFile: text, keyFile: text })).toMatchObject([
      { field: containing('log.syslog.caFile'), rule: containing('ENOENT') },
      { field: containing('log.syslog.certFile'), value: text, rule: containing('PEM') },
      { field: containing('log.syslog.keyFile'), value: text, rule: containing('PEM') },
    ])
    expect(await problems({ url, certFile, keyFile: join(folder, 'ca-key.pem') })).toMatchObject([
      { field: containing('log.syslog.certFile'), rule: containing('mismatch') },
    ])
    await expect(loaded({ url, caFile, certFile, keyFile })).resolves.toBeDefined()
  })
})
