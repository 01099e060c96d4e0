import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { datedFiles, firstEnd } from '../../../core/config/certificate-ends.ts'
import { crlEnd } from '../../../core/config/crl.ts'
import { stationSchema, systemSchema } from '../../../core/config/schema.ts'
import { createMetrics } from '../../../core/events/metrics.ts'
import { CertificateWatch } from '../../../station/certificate-watch.ts'
import { makeAuthority, revocationList, sign, type Authority } from '../../lib/authority.ts'
import { EventList } from '../../lib/events.ts'

let folder: string
let authority: Authority
let crlFile: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-ends-'))
  authority = makeAuthority(folder)
  crlFile = revocationList(folder)
})
afterAll(() => rm(folder, { recursive: true }))

const DAY = 24 * 3600_000

function cityOf(station: object, ...systems: readonly object[]) {
  return {
    station: stationSchema.parse({ name: 'st', ...station }),
    systems: systems.map((system) => systemSchema.parse(system)),
  }
}

it('a revocation list ends when openssl says so', () => {
  const said = execFileSync('openssl', ['crl', '-in', crlFile, '-noout', '-nextupdate']).toString()
  expect(firstEnd({ file: crlFile, kind: 'crl' })).toBe(Date.parse(said.replace('nextUpdate=', '').trim()))
  const text = readFileSync(crlFile, 'utf8')
  const der = Buffer.from(/-----BEGIN X509 CRL-----([^-]*)/.exec(text)?.[1] ?? '', 'base64')
  for (let length = 0; length < der.length; length += 7) expect(() => crlEnd(der.subarray(0, length))).toThrow('吊销')
  expect(() => firstEnd({ file: authority.caFile, kind: 'crl' })).toThrow('没有')
})

it('every file is found, wherever the configuration names it', () => {
  const { certFile, keyFile, caFile } = authority
  const tls = { certFile, keyFile, caFile, crlFile, clientCertificates: 'optional' }
  const city = cityOf(
    {
      http: { tls: { certFile, keyFile } },
      listeners: { oa: { port: 1, tls } },
      editor: { tls: { certFile: '/e.pem', keyFile } },
      bus: { caFile: '/b.pem' },
      log: { syslog: { url: 'tls://log.example:6514', caFile: '/s.pem' } },
    },
    { id: 'o', name: 'o', adapter: 'oa', tls: { certFile: '/c.pem', keyFile, caFile: '/o.pem' } },
  )
  expect(Object.fromEntries(datedFiles(city).map(({ file, keys, kind }) => [file, [kind, ...keys]]))).toEqual({
    [certFile]: ['certificate', 'http.tls.certFile', 'listeners.oa.tls.certFile'],
    [caFile]: ['certificate', 'listeners.oa.tls.caFile'],
    [crlFile]: ['crl', 'listeners.oa.tls.crlFile'],
    '/e.pem': ['certificate', 'editor.tls.certFile'],
    '/b.pem': ['certificate', 'bus.caFile'],
    '/s.pem': ['certificate', 'log.syslog.caFile'],
    '/c.pem': ['certificate', 'systems.o.tls.certFile'],
    '/o.pem': ['certificate', 'systems.o.tls.caFile'],
  })
})

it('its end is told once at each stage, daily when it is over, anew when it is renewed, and as a metric', async () => {
  const { certFile, keyFile } = sign(folder, 'own', '/CN=own')
  const events = new EventList()
  const metrics = createMetrics()
  const end = Date.parse(new X509Certificate(readFileSync(certFile)).validTo)
  const city = cityOf({ http: { tls: { certFile, keyFile } } })
  const time = { now: 0 }
  const watch = new CertificateWatch({ city: () => city, clock: { now: () => time.now }, sink: events, metrics })
  const codesAt = (days: number): readonly string[] => {
    const before = events.all.length
    time.now = end - days * DAY
    // Hourly, as it looks: nothing is told twice.
    for (let hours = 0; hours < 3; hours++, time.now += 3600_000) watch.look()
    return events.all.slice(before).map(({ code }) => code)
  }
  expect(codesAt(40)).toEqual([])
  expect(codesAt(29.9)).toEqual(['certificate.ends'])
  expect(codesAt(20)).toEqual([])
  expect(codesAt(13.9)).toEqual(['certificate.ends'])
  expect(codesAt(6.9)).toEqual(['certificate.ends'])
  expect(codesAt(0.9)).toEqual(['certificate.ends'])
  expect(events.all[0]?.detail).toMatch(/^http\.tls\.certFile \S+own\.pem: 至 until \d{4}-/)
  expect(codesAt(-0.1)).toEqual(['certificate.ended'])
  expect(codesAt(-1.2)).toEqual(['certificate.ended'])
  expect(await metrics.text()).toMatch(
    new RegExp(`yizhan_certificate_end_seconds\\{key="http.tls.certFile",kind="certificate"\\} ${end / 1000}\n`),
  )
  await rm(certFile)
  expect(codesAt(-1.5)).toEqual(['certificate.unread'])
  sign(folder, 'own', '/CN=own')
  expect(codesAt(20)).toEqual(['certificate.ends'])
})
