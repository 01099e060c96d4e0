import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import { openLedger } from '../../../../core/ledger/open.ts'
import { systemClock } from '../../../../core/util/clock.ts'
import { newMessageId } from '../../../../core/message/ids.ts'
import { bodyOf, Steps, TestClock } from '../../../conformance/lib/ledger-kit.ts'

/**
 * Accepts documents in the folder given until it is killed, and prints the id and the bodies of each once it is
 * acknowledged.
 */
const [folder = '', witness] = process.argv.slice(2)
const { ledger } = await openLedger({
  folder,
  station: 'st',
  clock: systemClock,
  hop: { maxAttempts: 3, backoffMs: 1, maxBackoffMs: 1 },
  witness,
})
const steps = new Steps(
  { ledger, content: undefined as never, reopen: () => Promise.resolve(), remove: () => Promise.resolve() },
  new TestClock(),
)
await steps.subscribe()

async function run(): Promise<never> {
  for (;;) {
    const bodies = [bodyOf(randomBytes(200)), bodyOf(randomBytes(40_000))]
    const { id } = await steps.accepted(steps.document({ id: newMessageId('st', Date.now()) }), { bodies })
    // straight to the descriptor: a line that is printed was acknowledged, and a buffered one would be lost with the
    // process
    writeSync(1, `${id} ${bodies.map((b) => b.digest).join(' ')}\n`)
  }
}
await Promise.all(Array.from({ length: 8 }, run))
