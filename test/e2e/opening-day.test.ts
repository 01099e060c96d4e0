import { spawnSync } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { type Postgres, startPostgres } from '../lib/servers/postgres.ts'
import { startRabbitMq, type RabbitMq } from '../lib/servers/rabbitmq.ts'
import { openBelow } from '../lib/open-below.ts'
import { shared } from '../lib/shared.ts'

interface Accounts {
  readonly balanced: boolean
  readonly kinds: Readonly<
    Record<string, { readonly attempted: number; readonly delivered: number; readonly refused: number }>
  >
  readonly lost: readonly string[]
  readonly duplicated: readonly string[]
  readonly unexpected: readonly string[]
  readonly order: readonly { readonly check: string; readonly ok: boolean; readonly compared: number }[]
  readonly kills: number
  /** what the broker's own tracing counted of the public feed */
  readonly feed?: Readonly<Record<string, unknown>>
}

/** Milliseconds that a day may take on a busy machine; on a quiet one it takes a minute. */
const DAY_MS = 560_000

/** Plays the day as a user does, and counts it a second time from the files alone. */
async function play(
  options: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly day: Accounts; readonly counted: Accounts; readonly open: readonly string[] }> {
  const inboxes = await mkdtemp(join(tmpdir(), 'yizhan-inboxes-'))
  const data = await mkdtemp(join(tmpdir(), 'yizhan-day-'))
  try {
    const run = (script: string, args: readonly string[]): Accounts => {
      const { stdout, stderr } = spawnSync(
        process.execPath,
        [join(projectHome(), 'dist', 'sandbox', script), ...args],
        { encoding: 'utf8', timeout: DAY_MS, env: { ...process.env, ...environment } },
      )
      const last = stdout.trim().split('\n').at(-1) ?? ''
      if (!last.startsWith('{'))
        throw new Error(`${script} said no accounts:\n${stdout.slice(-2000)}\n${stderr.slice(-2000)}`)
      return JSON.parse(last) as Accounts
    }
    const day = run('opening-day.js', [...options, '--data', data, '--inboxes', inboxes, '--json'])
    const systems = await readdir(join(data, 'systems'))
    expect(systems).toEqual(expect.arrayContaining(['archive', 'directory', 'sms']))
    return { day, counted: run('count.js', [inboxes, '--json']), open: await openBelow(data) }
  } finally {
    for (const folder of [inboxes, data]) await rm(folder, { recursive: true, force: true })
  }
}

const BALANCED = { balanced: true, lost: [], duplicated: [], unexpected: [] }

describe('the opening day', () => {
  let broker: RabbitMq
  shared(
    async () => {
      broker = await startRabbitMq()
    },
    () => broker.close(),
  )

  it(
    'balances on the embedded bus',
    async () => {
      const { day, counted, open } = await play(['--seed', '1'])
      expect(open, 'what others may read').toEqual([])
      expect(day).toMatchObject(BALANCED)
      expect(counted).toMatchObject(BALANCED)
      for (const [kind, account] of Object.entries(counted.kinds))
        expect(account.delivered + account.refused, kind).toBeGreaterThan(0)
      expect(day.order.filter(({ ok, compared }) => !ok || compared === 0)).toEqual([])
      expect(day.order.map(({ check }) => check)).toEqual(
        expect.arrayContaining(['nobody-waits', 'correction-stands', 'nothing-kept']),
      )
    },
    DAY_MS + 60_000,
  )

  it(
    'balances on RabbitMQ while station and flows are killed five times, and its feed by the broker’s own count',
    async () => {
      // rabbitmqctl trace_on
      await broker.evaluate('rabbit_trace:start(<<"/">>)')
      const { day, counted } = await play(['--seed', '2', '--kill', '5', '--bus', broker.url, '--firehose'])
      expect(day).toMatchObject({ ...BALANCED, kills: 5 })
      expect(counted).toMatchObject(BALANCED)
      // one publish for each delivery and outcome, again only after a kill; of the restricted nothing but that they are
      expect(day.feed).toMatchObject({ missing: [], unknown: [], twice: [], leaks: [], opened: [], sound: true })
      for (const count of ['deliveries', 'outcomes', 'restricted', 'ownOpened'])
        expect(day.feed?.[count], count).toBeGreaterThan(0)
      const types = await broker.queueTypes()
      expect([...types.keys()].filter((name) => name.startsWith('yizhan.')).length).toBeGreaterThan(5)
      expect(new Set(types.values())).toEqual(new Set(['quorum']))
    },
    DAY_MS + 60_000,
  )

  describe('with its ledger on a PostgreSQL', () => {
    let server: Postgres
    shared(
      async () => {
        server = await startPostgres()
      },
      () => server.close(),
    )

    it(
      'balances on RabbitMQ while station and flows are killed three times',
      async () => {
        const { url, password = '' } = await server.fresh()
        const options = ['--seed', '3', '--kill', '3', '--bus', broker.url, '--ledger', url]
        const { day, counted } = await play(options, { YIZHAN_SECRET_LEDGER_PASSWORD: password })
        expect(day).toMatchObject({ ...BALANCED, kills: 3 })
        expect(counted).toMatchObject(BALANCED)
        const schema = new URL(url).searchParams.get('search_path') ?? ''
        const [kept] = await server.query(`select count(*)::int as n from ${schema}.message`)
        expect(kept?.['n']).toBeGreaterThan(500)
      },
      DAY_MS + 60_000,
    )
  })
})
