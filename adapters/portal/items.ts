import type { House } from '../../core/adapter/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { Message, PetitionMessage } from '../../core/message/schema.ts'
import { portalFiles } from './files.ts'
import type { AboutPetition, PortalItem } from './sender.ts'
import { Shelf } from './shelf.ts'
import { petitionView, petitionStateOf } from './view.ts'

/**
 * What a portal is told of a message; undefined where there is nothing to tell. Rejects for good what is not for a
 * portal.
 */
export async function itemOf(
  house: Pick<House, 'ledger' | 'content' | 'directory'>,
  system: string,
  message: Message,
): Promise<PortalItem | undefined> {
  switch (message.kind) {
    case 'reply': {
      const petition = await aboutPetition(house, message)
      const { text, at } = message.reply
      return {
        kind: 'reply',
        petition,
        state: petitionStateOf(message),
        reply: { text, unit: message.from.name, at, files: portalFiles(message.files) },
      }
    }
    case 'receipt': {
      const petition = await aboutPetition(house, message)
      // As the query page has it: whoever has a copy only may sign too.
      const view = await petitionView(house, system, petition.queryCode)
      return view === undefined
        ? undefined
        : { kind: 'state', petition, state: view.state, at: message.receipt.at, unit: view.unit }
    }
    case 'document':
    case 'withdrawal': {
      const change = await new Shelf(house, system).changeBy(message)
      return change === undefined
        ? undefined
        : { kind: 'publication', action: change.action, publication: change.publication }
    }
    default:
      throw new YizhanError('FIELD_INVALID', {
        field: 'kind',
        value: message.kind,
        rule: 'reply, receipt, document, withdrawal',
      })
  }
}

/** The petition that a message's story began with; FIELD_INVALID where it began with something else. */
async function aboutPetition({ ledger }: Pick<House, 'ledger'>, message: Message): Promise<AboutPetition> {
  const petition = await ledger.journal.message(message.trace)
  if (!isPetition(petition))
    throw new YizhanError('FIELD_INVALID', {
      field: 'trace',
      value: message.trace,
      rule: '答复、签收须关于信访件 / replies and receipts must be about a petition',
    })
  return { id: petition.id, queryCode: petition.number, externalId: petition.origin.externalId }
}

function isPetition(message: Message | undefined): message is PetitionMessage & { readonly number: string } {
  return message?.kind === 'petition' && message.number !== undefined
}
