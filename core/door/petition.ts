import { hash } from 'node:crypto'
import { newMessageId } from '../message/ids.ts'
import { petitionMessage, type PetitionMessage } from '../message/schema.ts'
import { fitting } from '../errors/fitting.ts'
import type { DoorParts, Prepared } from './parts.ts'
import { takeFiles } from './files.ts'
import type { Account, PetitionDraft } from './port.ts'
import { keptAsWritten, type AsWritten } from './written.ts'

/**
 * A citizen's petition as a whole message. The units that it reports on never get it (信访工作条例 2022, Art. 30): whoever
 * is named in the accused field. The same content under another id of the portal's is the same petition.
 */
export function preparePetition(
  parts: DoorParts,
  account: Account,
  draft: PetitionDraft,
  asWritten: AsWritten,
): Prepared {
  const station = parts.station()
  const { refs, bodies } = takeFiles(draft.files, station.limits.documentBytes)
  const now = parts.clock.now()
  const id = newMessageId(station.name, now)
  const directory = parts.directory()
  const named =
    draft.petition.accused === undefined ? [] : directory.mentioned(draft.petition.accused).map((unit) => unit.id)
  // Who took over an accused unit is that unit: its people sit there now.
  const accused = [...new Set(named.flatMap((unit) => [unit, directory.receiverOf(unit, now).id]))]
  const candidate: PetitionMessage = {
    schema: 'petition/1',
    kind: 'petition',
    id,
    trace: id,
    number: draft.codeOf(id),
    from: { name: '信访人 petitioner' },
    recipients: [],
    urgency: draft.urgency ?? 'ordinary',
    acceptedAt: new Date(now).toISOString(),
    origin: { system: account.system, account: account.id, externalId: draft.externalId },
    files: refs,
    ...keptAsWritten(asWritten),
    petition: draft.petition,
    ...(accused.length === 0 ? {} : { mustNotReach: accused }),
  }
  const message = fitting(petitionMessage, candidate)
  const content = [draft.petition, refs]
  return {
    message,
    bodies,
    content,
    key: draft.externalId === undefined ? undefined : `id:${account.id}:${draft.externalId}`,
    // What is claimed is the content itself: whoever sends it again, under whatever id, gets the first answer.
    claimsNumber: { issuer: `petition ${account.system}`, number: hash('sha256', JSON.stringify(content), 'hex') },
  }
}
