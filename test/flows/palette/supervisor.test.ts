import { describe, expect, it } from 'vitest'
import { shared } from '../../lib/shared.ts'
import { until } from '../../lib/wait.ts'
import { startMiniStation, type MiniStation } from '../lib/mini-station.ts'
import { fn, oaIn, oaOut, tab } from './lib/flow.ts'

const MB = 1024 * 1024
const DOCUMENTS = 40
/** More than a busy machine takes to fill the memory that leaks. */
const SILENT_MS = 8_000
const LEAK = 500 * MB

let station: MiniStation
shared(
  async () => {
    station = await startMiniStation({
      supervised: true,
      environment: { WORD: '入境' },
      silentMs: SILENT_MS,
      maxRssBytes: LEAK,
      drainMs: 2_000,
      maxAttempts: 10,
      // What a document's title asks for happens at its first attempt.
      flows: tab(
        oaIn('in', {}, 'work'),
        fn(
          'work',
          `
      const { title } = msg.payload.document
      if (msg.yizhan.attempt === 1 && title === 'hang') while (true) ;
      if (msg.yizhan.attempt === 1 && title === 'leak') global.set('leak', Buffer.alloc(${LEAK}, 1))
      await new Promise((resolve) => setTimeout(resolve, 30))
      if (title === 'word') msg.payload.document.title = env.get('WORD')
      return msg`,
          'out',
        ),
        oaOut('out'),
      ),
    })
  },
  () => station.close(),
)

/** Accepts documents, of which the third does what `title` says; all must arrive, each once. */
async function survive(
  title: string,
  meanwhile: (pid: number) => Promise<void> = async () => undefined,
): Promise<void> {
  const pid = station.supervisor.pid ?? 0
  const accept = (n: number) => station.accept({ document: { direction: 'issue', title: n === 2 ? title : 'plain' } })
  const ids = await Promise.all(Array.from({ length: DOCUMENTS }, (_, n) => accept(n)))
  await meanwhile(pid)
  await until(() => station.supervisor.pid !== undefined && station.supervisor.pid !== pid, {
    what: 'another flow process',
    timeoutMs: 60_000,
  })
  // Nobody runs flows for the moment: what comes now is accepted all the same.
  ids.push(await accept(0))
  await until(
    async () => {
      const present = new Set((await station.inbox('finance')).map(({ message }) => message.id))
      return ids.every((id) => present.has(id))
    },
    { what: 'every document', timeoutMs: 90_000 },
  )
  await station.idle('in')
  const seen = (await station.inbox('finance')).map(({ message }) => message.id).filter((id) => ids.includes(id))
  expect(seen.sort()).toEqual([...ids].sort())
  expect(await station.ledger.deadLetters.list({ max: 10 })).toEqual([])
}

describe('a flow process', () => {
  it('has what the configuration gives to flows in its environment', async () => {
    const id = await station.accept({ document: { direction: 'issue', title: 'word' } })
    const made = await until(
      async () => (await station.inbox('finance')).find(({ message }) => message.parent === id),
      { what: 'the document', timeoutMs: 20_000 },
    )
    expect(made.message).toMatchObject({ document: { title: '入境' } })
  })

  it('that is killed is replaced: nothing is lost or doubled', async () => {
    await survive('plain', async (pid) => {
      process.kill(pid, 'SIGKILL')
    })
    expect(station.events.of('flows.replaced').at(-1)?.detail).toBe('exit SIGKILL')
  }, 240_000)

  it('that hangs in a loop is replaced when it has been silent for too long', async () => {
    await survive('hang')
    expect(station.events.of('flows.stuck').at(-1)?.detail).toContain('work')
  }, 240_000)

  it('that leaks memory is replaced when it is too large, after it has finished what it can', async () => {
    await survive('leak')
    expect(station.events.of('flows.large').at(-1)?.detail).toContain('rss')
  }, 240_000)
})
