import fc from 'fast-check'
import { type AndFilter, BerReader, BerWriter, EqualityFilter, FilterParser } from 'ldapts'
import { describe, expect, it } from 'vitest'
import type { DirectoryClient, Search } from '../../../adapters/directory/client.ts'
import { directorySchema } from '../../../adapters/directory/config.ts'
import type { DirectoryEntry } from '../../../adapters/directory/entry.ts'
import { loginCheck } from '../../../adapters/directory/login.ts'

const config = directorySchema.parse({
  url: 'ldap://127.0.0.1',
  base: 'dc=x',
  login: { admin: { groups: ['cn=g,dc=x'] }, read: { titles: ['单位负责人'] } },
})
const never = new AbortController().signal

function scene(found: readonly DirectoryEntry[]) {
  const searches: Search[] = []
  const binds: string[] = []
  const all = async (search: Search): Promise<readonly DirectoryEntry[]> => {
    searches.push(search)
    return search.scope === 'base' ? [] : found
  }
  const client: DirectoryClient = {
    session: (_signal, work) =>
      work({
        all,
        pages: () => {
          throw new Error('not used')
        },
      }),
    async verify(dn) {
      binds.push(dn)
      return true
    },
  }
  const login = loginCheck({ config, client })
  return { login, searches, binds }
}

const person = (dn: string): DirectoryEntry => ({
  dn,
  key: 'k',
  values: new Map([
    ['uid', ['a']],
    ['cn', ['张三']],
    ['title', ['单位负责人']],
  ]),
})

describe('loginCheck', () => {
  it('searches for the very name that was typed, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(
          fc.string({ minLength: 1, maxLength: 60 }),
          fc.constantFrom('*', '*)(objectClass=*', 'a)(|(uid=*', '\\2a', 'ü*'),
        ),
        async (uid) => {
          fc.pre(uid.trim() !== '' && uid.isWellFormed())
          const { login, searches } = scene([])
          await expect(login.check(uid, 'p', never)).rejects.toMatchObject({ code: 'DIRECTORY_LOGIN_REFUSED' })
          const writer = new BerWriter()
          searches[0]!.filter.write(writer)
          const sent = FilterParser.parse(new BerReader(writer.buffer)) as AndFilter
          expect(sent.filters).toHaveLength(2)
          const asked = sent.filters[1] as EqualityFilter
          expect([asked instanceof EqualityFilter, asked.attribute, asked.value]).toEqual([true, 'uid', uid])
        },
      ),
    )
  })

  it('binds as the one that was found, and as nobody when there are several', async () => {
    const one = scene([person('uid=a,dc=x')])
    await expect(one.login.check('a', 'p', never)).resolves.toEqual({
      uid: 'a',
      name: '张三',
      person: 'k',
      roles: ['read'],
    })
    expect(one.binds).toEqual(['uid=a,dc=x'])
    const two = scene([person('uid=a,dc=x'), person('uid=a,ou=b,dc=x')])
    await expect(two.login.check('a', 'p', never)).rejects.toMatchObject({ code: 'DIRECTORY_LOGIN_REFUSED' })
    expect(two.binds).toEqual([])
  })

  const useless = [
    ['a', ''],
    ['', 'p'],
    ['  ', 'p'],
    ['a', 'p\0'],
    ['a'.repeat(129), 'p'],
    ['a', 'p'.repeat(1025)],
  ] as const
  it.each(useless)('asks the directory nothing for %j and %j', async (uid, password) => {
    const { login, searches } = scene([person('uid=a,dc=x')])
    await expect(login.check(uid, password, never)).rejects.toMatchObject({ code: 'DIRECTORY_LOGIN_REFUSED' })
    expect(searches).toEqual([])
  })
})
