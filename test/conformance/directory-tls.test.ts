import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { rootCertificates } from 'node:tls'
import { PresenceFilter } from 'ldapts'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { directoryClient } from '../../adapters/directory/client.ts'
import type { DirectoryConfig } from '../../adapters/directory/config.ts'
import { directorySync } from '../../adapters/directory/sync.ts'
import { suffix, unitsBase } from '../../sandbox/directory/entries.ts'
import { stallProxy } from '../lib/stall-proxy.ts'
import type { Slapd } from '../lib/servers/slapd.ts'
import { type Rig, SERVICE_PASSWORD, rigConfig, slapdRig } from './lib/directory-rigs.ts'

const patience = (): AbortSignal => AbortSignal.timeout(30_000)
const syncOf = (config: DirectoryConfig) =>
  directorySync(
    config,
    directoryClient(config, () => SERVICE_PASSWORD),
    { now: Date.now },
  )

describe('slapd over TLS, and what else only a real server can show', () => {
  let rig: Rig & { readonly slapd: Slapd }
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yizhan-tls-'))
    rig = await slapdRig()
  })

  afterAll(async () => {
    await rig.close()
    await rm(folder, { recursive: true, force: true })
  })

  it.each(['StartTLS', 'LDAPS'])('reads everything over %s with the CA of the file', async (how) => {
    const { url, tlsUrl, caFile } = rig.slapd
    const config = rigConfig(how === 'LDAPS' ? tlsUrl : url, { tls: { caFile }, startTls: how === 'StartTLS' })
    const { snapshot } = await syncOf(config).run(undefined, patience())
    expect([snapshot.units.length, snapshot.people.length]).toEqual([66, 198])
    const client = directoryClient(config, () => SERVICE_PASSWORD)
    await expect(client.verify(config.bindDn!, SERVICE_PASSWORD, patience())).resolves.toBe(true)
    await expect(client.verify(config.bindDn!, 'wrong', patience())).resolves.toBe(false)
  })

  it.each(['StartTLS', 'LDAPS'])('trusts nobody else over %s', async (how) => {
    const { url, tlsUrl, caFile } = rig.slapd
    const other = join(folder, 'other.pem')
    await writeFile(other, rootCertificates[0]!)
    const address = { url: how === 'LDAPS' ? tlsUrl : url, startTls: how === 'StartTLS' }
    for (const more of [
      {},
      { tls: { caFile: other } },
      { tls: { caFile, serverName: 'directory.example' } },
      { tls: { caFile: join(folder, 'missing.pem') } },
    ]) {
      const config = rigConfig(address.url, { startTls: address.startTls, ...more })
      await expect(syncOf(config).run(undefined, patience())).rejects.toMatchObject({ code: 'DIRECTORY_TLS' })
    }
  })

  it('takes a TLS port that is spoken to in plain LDAP, and the reverse, for what they are', async () => {
    const { url, tlsUrl, caFile } = rig.slapd
    const plainToTls = rigConfig(tlsUrl.replace('ldaps:', 'ldap:'), { timeoutMs: 1_000 })
    const plainly = expect.stringMatching(/^(SYSTEM_UNREACHABLE|SYSTEM_TIMEOUT|DIRECTORY_GARBLED)$/) as string
    await expect(syncOf(plainToTls).run(undefined, patience())).rejects.toMatchObject({ code: plainly })
    const tlsToPlain = rigConfig(url.replace('ldap:', 'ldaps:'), { timeoutMs: 1_000, tls: { caFile } })
    const encrypted = expect.stringMatching(/^(SYSTEM_UNREACHABLE|SYSTEM_TIMEOUT|DIRECTORY_TLS)$/) as string
    await expect(syncOf(tlsToPlain).run(undefined, patience())).rejects.toMatchObject({ code: encrypted })
  })

  it('follows changes by entryCSN', async () => {
    const config = rigConfig(rig.slapd.url, { sync: { pageSize: 40, changedBy: 'entryCSN' } })
    const sync = syncOf(config)
    const { snapshot } = await sync.run(undefined, patience())
    await rig.replace('shenjiju-head', '审新长', '13800007777')
    const { how, changes } = await sync.run(snapshot, patience())
    expect([how, changes.map(({ kind }) => kind)]).toEqual(['changes', ['renamed', 'changed']])
  })

  it('reads codes and units from whatever attributes the city has', async () => {
    const dn = `ou=单列办,${unitsBase}`
    const b64 = (text: string): string => Buffer.from(text).toString('base64')
    await rig.slapd.modify(
      `dn:: ${b64(dn)}\nchangetype: add\nobjectClass: organizationalUnit\nobjectClass: coded\nou:: ${b64('单列办')}\nuscCode: 11411600MB0000000X\n`,
    )
    const person = `dn:: ${b64(`uid=danlie-1,${suffix}`)}\nchangetype: add\nobjectClass: inetOrgPerson\nuid: danlie-1\ncn:: ${b64('单一')}\nsn:: ${b64('单')}\n`
    await rig.slapd.modify(
      `${person}departmentNumber: 11411600MB0000000X\ntitle:: ${b64('办公室主任、系统专职管理员')}\nmobile: +86 138-0000-6666\n`,
    )
    const config = rigConfig(rig.slapd.url, { units: { base: unitsBase, code: 'uscCode' } })
    const { snapshot } = await syncOf(config).run(undefined, patience())
    const unit = snapshot.units.find((one) => one.codes.includes('11411600MB0000000X'))
    expect(unit?.name).toBe('单列办')
    expect(snapshot.people.find((one) => one.uid === 'danlie-1')).toMatchObject({
      unit: unit?.id,
      mobile: '13800006666',
      roles: ['administrator', 'officeDirector'],
    })
  })

  it('says that the server gives no more than its size limit, and does not take the part for the whole', async () => {
    await expect(
      syncOf(rigConfig(rig.slapd.url, { limits: { entries: 100 } })).run(undefined, patience()),
    ).rejects.toMatchObject({ code: 'DIRECTORY_TOO_LARGE' })
    await expect(
      syncOf(rigConfig(rig.slapd.url, { limits: { answerBytes: 2_000 } })).run(undefined, patience()),
    ).rejects.toMatchObject({ code: 'DIRECTORY_TOO_LARGE' })
  })

  it('gives up between two pages when the line goes dead', async () => {
    const proxy = await stallProxy(Number(new URL(rig.slapd.url).port))
    try {
      const config = rigConfig(`ldap://127.0.0.1:${proxy.port}`, { timeoutMs: 3_000 })
      const client = directoryClient(config, () => SERVICE_PASSWORD)
      const filter = new PresenceFilter({ attribute: 'objectClass' })
      let pages = 0
      const work = client.session(patience(), async (session) => {
        for await (const _ of session.pages({ base: suffix, scope: 'sub', filter, attributes: ['cn'] }))
          if (++pages === 1) proxy.stall()
      })
      await expect(work).rejects.toMatchObject({ code: 'SYSTEM_TIMEOUT' })
      expect(pages).toBe(1)
      proxy.flow()
      await expect(syncOf(config).run(undefined, patience())).resolves.toMatchObject({ how: 'full' })
    } finally {
      await proxy.close()
    }
  })
})
