import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from 'ldapts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readUnits } from '../../../sandbox/counting/units.ts'
import { SandboxDirectory } from '../../../sandbox/directory/directory.ts'
import { serviceDn, suffix, unitsBase } from '../../../sandbox/directory/entries.ts'
import { inventedCreditCode, inventedMobile, inventedName, inventedUuid } from '../../../sandbox/directory/invent.ts'
import { until } from '../../lib/wait.ts'

const units = readUnits(join(import.meta.dirname, '../../../config/sandbox/units.tsv'))

describe('what the sandbox invents', () => {
  it('is the same every time, and looks as it should', () => {
    expect(inventedName('jiaoyuju-head')).toBe(inventedName('jiaoyuju-head'))
    for (const { id } of units) {
      expect(inventedName(id)).toMatch(/^\p{Script=Han}{2,3}$/u)
      expect(inventedUuid(id)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
      expect(inventedCreditCode(id)).toMatch(/^11411600[0-9A-HJ-NPQRTUWXY]{10}$/)
    }
    expect([inventedMobile(0), inventedMobile(194)]).toEqual(['13800000000', '13800000194'])
  })

  it('has codes whose check character is right', () => {
    const alphabet = '0123456789ABCDEFGHJKLMNPQRTUWXY'
    const weights = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28, 1]
    for (const { id } of units) {
      const code = inventedCreditCode(id)
      const sum = weights.reduce((total, weight, at) => total + alphabet.indexOf(code.charAt(at)) * weight, 0)
      expect(sum % 31).toBe(0)
    }
  })
})

describe('SandboxDirectory', () => {
  let folder: string
  let directory: SandboxDirectory

  const open = async (): Promise<SandboxDirectory> => {
    const made = new SandboxDirectory({ units, folder, servicePassword: 'service', password: 'person' })
    await made.start()
    return made
  }
  const bound = async (): Promise<Client> => {
    const client = new Client({ url: directory.url, timeout: 20_000 })
    await client.bind(serviceDn, 'service')
    return client
  }

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'yizhan-sandbox-directory-'))
    directory = await open()
  })

  afterEach(async () => {
    await directory.close()
    await rm(folder, { recursive: true, force: true })
  })

  it('tells nobody anything before a right bind', async () => {
    const client = new Client({ url: directory.url, timeout: 20_000 })
    await expect(client.search(suffix)).rejects.toMatchObject({ code: 50 })
    await expect(client.bind(serviceDn, 'wrong')).rejects.toMatchObject({ code: 49 })
    await expect(client.bind(`uid=nobody,${unitsBase}`, 'person')).rejects.toMatchObject({ code: 49 })
    await client.bind(serviceDn, 'service')
    await expect(client.search('dc=elsewhere')).rejects.toMatchObject({ code: 32 })
    await client.unbind()
  })

  it('answers by scope, filter and page, and gives operational attributes only when asked', async () => {
    const client = await bound()
    const one = await client.search(unitsBase, {
      scope: 'one',
      paged: { pageSize: 10 },
      attributes: ['ou', 'entryUUID'],
    })
    expect(one.searchEntries).toHaveLength(66)
    expect(one.searchEntries[0]).toMatchObject({ ou: '市政府办公室', entryUUID: inventedUuid('zhengfuban') })
    const office = await client.search(unitsBase, { filter: '(&(title=办公室主任)(uid=jiaoyuju-*))' })
    expect(office.searchEntries.map(({ uid, entryUUID }) => [uid, entryUUID])).toEqual([
      ['jiaoyuju-director', undefined],
    ])
    const base = await client.search(suffix, { scope: 'base' })
    expect(base.searchEntries).toHaveLength(1)
    await client.unbind()
  })

  it('keeps what happened to it over a restart, and a record of what was asked', async () => {
    await directory.rename('jiaoyuju', '市教育体育局')
    await directory.move('renfangban', 'zhengfuban')
    await directory.merge('gongxinju', 'fagaiwei')
    await directory.remove('kejiju')
    await directory.replace('caizhengju-head', '钱新人', '13800009999')
    await (await bound()).unbind()
    const before = directory.tree
    await directory.close()
    directory = await open()
    expect(directory.tree).toEqual(before)
    expect(before.units.map((unit) => unit.id)).not.toContain('kejiju')
    expect(before.people.filter((person) => person.uid.startsWith('gongxinju-')).map((person) => person.title)).toEqual(
      ['工作人员', '工作人员', '工作人员'],
    )
    const requests = (await readFile(join(folder, 'requests.jsonl'), 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(requests).toEqual([expect.objectContaining({ op: 'bind', dn: serviceDn, result: 0 })])
  })

  it('can be off, hang and talk nonsense, always on the same port', async () => {
    const { url } = directory
    const ask = async (): Promise<string> => {
      const client = new Client({ url, timeout: 150, connectTimeout: 1_000 })
      try {
        await client.bind(serviceDn, 'service')
        return 'answered'
      } catch (error) {
        return (error as Error).message
      } finally {
        await client.unbind()
      }
    }
    await directory.switch('off')
    expect(await ask()).toContain('ECONNREFUSED')
    await directory.switch('hang')
    expect(await ask()).toContain('timed out')
    await directory.switch('garbage')
    expect(await ask()).not.toBe('answered')
    await directory.switch('on')
    await until(async () => (await ask()) === 'answered', { what: 'an answer' })
    expect(directory.url).toBe(url)
  })
})
