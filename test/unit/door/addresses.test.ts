import { describe, expect, it } from 'vitest'
import { Accounts, type AccountBook } from '../../../core/door/accounts.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { AccountConfig } from '../../../core/config/schema.ts'

const fingerprint = 'ab'.repeat(32)
const bound: AccountConfig = {
  id: 'oa1',
  system: 'oa',
  units: ['u1'],
  addresses: ['10.1.0.0/16', '192.0.2.7', '2001:db8:1::/48'],
  keys: ['ssh-ed25519 AAAA'],
  certificates: [{ fingerprint }],
}
const elsewhere: string[] = []
const book: AccountBook = {
  accounts: [bound, { id: 'free', system: 'oa', units: ['u1'] }],
  boundTo: () => true,
  find: () => undefined,
  units: [],
  systems: [],
  accepted: () => [{ secret: 'right' }],
  usedOld: () => undefined,
  elsewhere: ({ id }, source) => void elsewhere.push(`${id} ${source}`),
}
const certificate = { fingerprint, subject: 'CN=oa', authorities: [], fault: undefined }

/** What the outside sees. */
function answered(login: (accounts: Accounts) => unknown): unknown {
  try {
    return login(new Accounts(() => book, { now: () => 0 }))
  } catch (thrown) {
    return thrown instanceof YizhanError ? thrown.toJSON() : thrown
  }
}
const byPassword = (source: string, password = 'right') =>
  answered((accounts) => accounts.authenticate('oa', 'oa1', (secret) => secret === password, source))
const byKey = (source: string, proven = true) => answered((accounts) => accounts.recognise('oa', 'oa1', proven, source))
const byCertificate = (source: string) => answered((accounts) => accounts.certified(certificate, source))

describe('an account that is bound to networks', () => {
  it.each(['10.1.255.1', '192.0.2.7', '::ffff:10.1.2.3', '2001:db8:1:ffff::9'])('logs in from %s', (source) => {
    for (const login of [byPassword, byKey, byCertificate]) expect(login(source)).toMatchObject({ id: 'oa1' })
    expect(elsewhere).toEqual([])
  })

  it.each(['10.2.0.1', '192.0.2.8', '2001:db8:2::1', 'unknown', ''])(
    'is answered from %s as for a wrong password, and told of inside',
    (source) => {
      const wrong = byPassword('10.1.0.1', 'wrong')
      expect(byPassword(source)).toEqual(wrong)
      expect(byKey(source)).toEqual(byKey('10.1.0.1', false))
      expect(byCertificate(source)).toMatchObject({ code: 'UNAUTHENTICATED' })
      expect(elsewhere.splice(0)).toEqual(Array.from({ length: 3 }, () => `oa1 ${source}`))
      // A wrong password from elsewhere is a wrong password.
      expect(byPassword(source, 'wrong')).toEqual(wrong)
      expect(elsewhere).toEqual([])
    },
  )

  it('waits elsewhere as whoever guesses', () => {
    const accounts = new Accounts(() => book, { now: () => 0 })
    const login = () => accounts.authenticate('oa', 'oa1', () => true, '10.9.9.9')
    for (let n = 0; n < 5; n++) expect(login).toThrow(/UNAUTHENTICATED/)
    expect(login).toThrow(/ACCOUNT_WAITS/)
    elsewhere.length = 0
  })

  it('binds nobody else', () => {
    const free = answered((accounts) => accounts.authenticate('oa', 'free', () => true, '203.0.113.9'))
    expect(free).toMatchObject({ id: 'free' })
  })
})
