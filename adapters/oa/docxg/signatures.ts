import { asError } from '../../../core/errors/error.ts'
import { guidOf } from '../../../core/message/ids.ts'
import { readStates } from './answers.ts'
import { isRefusal, type ExchangeCentre } from './centre.ts'

/** Deliveries asked for in one round, and how many at once. */
const PAGE = 200
const AT_ONCE = 4

/** Where the next round goes on; undefined from the beginning. */
export interface SignatureCursor {
  after: string | undefined
}

type Unsigned = Awaited<ReturnType<ExchangeCentre['house']['ledger']['journal']['unsigned']>>[number]

/**
 * Asks how far the documents are that were delivered and not signed yet; what the centre's unit has received is signed
 * for.
 */
export async function collectSignatures(centre: ExchangeCentre, cursor: SignatureCursor): Promise<void> {
  const { journal } = centre.house.ledger
  const page = await journal.unsigned({
    system: centre.system.id,
    max: PAGE,
    ...(cursor.after === undefined ? {} : { after: cursor.after }),
  })
  const waiting = [...page]
  let failed: Error | undefined
  await Promise.all(
    Array.from({ length: AT_ONCE }, async () => {
      for (
        let delivery = waiting.shift();
        delivery !== undefined && !centre.signal.aborted;
        delivery = waiting.shift()
      ) {
        try {
          await collect(centre, delivery)
        } catch (thrown) {
          failed ??= asError(thrown)
        }
      }
    }),
  )
  cursor.after = page.length < PAGE ? undefined : page.at(-1)?.row
  if (failed !== undefined) throw failed
}

async function collect(centre: ExchangeCentre, delivery: Unsigned): Promise<void> {
  const answer = await centre.call('getDocStatusByDocguid', delivery.remoteId ?? guidOf(delivery.row))
  const states = await readStates(centre.system.id, centre.profile, answer)
  // Each delivery is a document of its own at the centre, for one unit.
  if (!states.some((state) => state === 'received' || state === 'read')) return
  try {
    await centre.house.door.accept(centre.accountOf(delivery.unit), {
      kind: 'receipt',
      from: delivery.unit,
      about: delivery.row,
    })
  } catch (thrown) {
    // It was withdrawn or returned meanwhile: the door has booked what it refused.
    if (!isRefusal(thrown)) throw thrown
  }
}
