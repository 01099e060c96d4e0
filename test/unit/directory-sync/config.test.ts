import { describe, expect, it } from 'vitest'
import { directorySchema } from '../../../adapters/directory/config.ts'

const least = { url: 'ldaps://directory.example', base: 'dc=x' }
const accepts = (more: object): boolean => directorySchema.safeParse({ ...least, ...more }).success

describe('directorySchema', () => {
  it('needs an address and a base, and has a default for the rest', () => {
    expect(directorySchema.parse(least)).toMatchObject({
      key: 'entryUUID',
      startTls: false,
      units: { name: 'ou' },
      people: { uid: 'uid', mobile: 'mobile' },
      roles: { officeDirector: ['办公室主任'] },
      sync: { maxLossShare: 0.2 },
      merges: [],
    })
  })

  it.each([
    [{ url: 'ldap://directory.example' }, false],
    [{ url: 'ldap://directory.example', allowPlain: true }, true],
    [{ url: 'ldap://directory.example', startTls: true }, true],
    [{ url: 'ldap://127.0.0.1:389' }, true],
    [{ url: 'ldap://[::1]' }, true],
    [{ url: 'ldap://127.evil.example' }, false],
    [{ startTls: true }, false],
    [{ url: 'http://directory.example' }, false],
    [{ units: { filter: '(&(objectClass=organizationalUnit)(!(ou=临时*)))' } }, true],
    [{ units: { filter: '(&(objectClass=organizationalUnit)' } }, false],
    [{ people: { uid: 'uid=*)(' } }, false],
    [{ login: {} }, false],
    [{ login: { read: { titles: ['单位负责人'] } } }, true],
    [{ merges: [{ unit: 'a', into: 'b', from: '2026-02-30' }] }, false],
    [{ unknown: 1 }, false],
  ])('judges %j: %s', (more, good) => expect(accepts(more)).toBe(good))
})
