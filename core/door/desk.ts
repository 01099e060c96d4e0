import { YizhanError } from '../errors/error.ts'
import type { YizhanEvent } from '../events/event.ts'
import type { HeldDraft } from './port.ts'
import type { DoorParts } from './parts.ts'
import type { AcceptanceAnswer, Account, Draft, HeldDesk } from './port.ts'
import type { RawRecord } from '../ledger/port.ts'

/** The desk of whoever judges what was held. */
export function createHeldDesk(
  parts: Pick<DoorParts, 'held' | 'ledger' | 'clock' | 'sink'>,
  accept: (account: Account, draft: Draft, raw?: RawRecord) => Promise<AcceptanceAnswer>,
): HeldDesk {
  const show = async (id: string): Promise<HeldDraft> => {
    const item = await parts.held.get(id)
    if (item === undefined) throw new YizhanError('HELD_UNKNOWN', { value: id })
    return item
  }
  const book = async (event: YizhanEvent): Promise<void> => {
    parts.sink.emit(event)
    await parts.ledger.acceptance.book([event])
  }
  const said = ({ id, system, kind, account }: HeldDraft, actor: string, reason: string) => ({
    at: parts.clock.now(),
    system,
    kind,
    actor,
    row: id,
    detail: `${account}：${reason}`,
  })

  return {
    list: () => parts.held.list(),
    show,
    async release(id, actor, reason) {
      const item = await show(id)
      const account = { id: item.account, system: item.system, units: item.units }
      // As if declared: what the door still refuses, such as an unknown recipient, leaves it where it is.
      const answer = await accept(account, { ...item.draft, notClassified: { name: actor, reason } }, item.raw)
      await book({ ...said(item, actor, reason), code: 'held.released', message: answer.id })
      await parts.held.judge(id, { cleared: answer.id })
      return answer
    },
    async refuse(id, actor, reason) {
      const item = await show(id)
      await book({ ...said(item, actor, reason), code: 'held.refused' })
      await parts.held.judge(id, { refused: true })
    },
  }
}
