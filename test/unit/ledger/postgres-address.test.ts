import { describe, expect, it } from 'vitest'
import { clientConfig, postgresFault, shownPostgres } from '../../../core/ledger/postgres/address.ts'

describe('where a PostgreSQL keeps the ledger', () => {
  it.each([
    'postgres://yizhan@db.example/yizhan',
    'postgresql://yizhan@[::1]:5433/yizhan?search_path=city_1',
    'postgres://%E5%B8%82@db.example:5432/%E9%A9%BF',
  ])('may be %s', (url) => {
    expect(postgresFault(url)).toBeUndefined()
  })

  it.each([
    ['db.example', /postgres:\/\/user@host/],
    ['mysql://yizhan@db.example/yizhan', /^postgres:\/\/$/],
    ['postgres://yizhan:secret@db.example/yizhan', /ledger\.password/],
    ['postgres://db.example/yizhan', /name the user/],
    ['postgres://yizhan@db.example', /the database/],
    ['postgres://yizhan@db.example/a/b', /the database/],
    ['postgres://yizhan@db.example/yizhan?sslmode=disable', /sslmode/],
    ['postgres://yizhan@db.example/yizhan?search_path=a,b', /^search_path/],
    ["postgres://yizhan@db.example/yizhan?search_path=a'%20-c%20fsync=off", /^search_path/],
  ])('may not be %s', (url, rule) => {
    expect(postgresFault(url)).toMatch(rule)
  })

  it('is shown without user and password, and not at all where it is no URL', () => {
    expect(shownPostgres('postgres://yizhan:secret@db.example:5433/yizhan?search_path=a')).toBe(
      'db.example:5433/yizhan',
    )
    expect(shownPostgres('yizhan:secret@')).toBeUndefined()
  })

  it('becomes what the driver takes, names decoded', () => {
    const address = { url: 'postgres://%E5%B8%82@[::1]/%E9%A9%BF?search_path=a', password: 'x' }
    expect(clientConfig(address, 'zk', 10_000)).toMatchObject({
      host: '::1',
      port: 5432,
      user: '市',
      database: '驿',
      password: 'x',
      application_name: 'yizhan zk',
      options: expect.stringMatching(/-c idle_session_timeout=10000 -c search_path=a$/) as string,
    })
    expect(clientConfig(address, 'zk')).not.toHaveProperty('ssl')
    expect(() => clientConfig({ ...address, caFile: '/no/such.pem' }, 'zk')).toThrow('ledger.caFile /no/such.pem')
  })
})
