import { YizhanError } from '../../core/errors/error.ts'
import type { Message } from '../../core/message/schema.ts'
import { issuerNames } from '../../core/message/issuers.ts'
import { stepsOf } from '../duty/steps.ts'
import type { Operations, Whereabouts } from '../operations.ts'
import type { RetentionQuestions } from '../http/retention-pages.ts'
import { DOCUMENT_ENDPOINTS as DOCUMENTS, type DocumentView, type DocumentStep } from './contract/documents.ts'
import type { ApiServer } from './serve.ts'

export interface DocumentRoutesParts {
  readonly operations: Pick<Operations, 'where'>
  readonly retention: Pick<RetentionQuestions, 'where'>
  readonly nameOf: (id: string) => string
}

export function serveDocuments(api: ApiServer, { operations, retention, nameOf }: DocumentRoutesParts): void {
  api.serve(DOCUMENTS.document, async ({ parts: { id }, query: { whole }, request }) => {
    if (whole !== undefined) api.gate.require(request, 'act')
    const asked = { text: id, actor: api.actorOf(request), whole: whole !== undefined }
    const found = theDocument(await operations.where(asked)) ?? theDocument(await retention.where(asked))
    if (found === undefined) throw new YizhanError('NOT_FOUND', { field: '公文 document', value: id })
    return documentView(found, nameOf)
  })
}

/** What began the story, where copies that flows made of it bear its number too. */
function theDocument(found: readonly Whereabouts[]): Whereabouts | undefined {
  return found.find(({ message }) => message.id === message.trace) ?? found[0]
}

function documentView(found: Whereabouts, nameOf: (id: string) => string): DocumentView {
  const { message, status, timeline, repairs = [], archived } = found
  const { id, trace, kind, number, urgency, files, origin } = message
  const steps = stepsOf(timeline, nameOf)
  const document = message.kind === 'document' ? message.document : undefined
  const title = titleOf(message)
  return {
    ...{ id, trace, kind, urgency },
    // a petition's number is the code by which its citizen asks for it
    ...(number === undefined || kind === 'petition' ? {} : { number }),
    ...(title === undefined ? {} : { title }),
    ...(document?.documentType === undefined ? {} : { documentType: document.documentType }),
    ...(document === undefined ? {} : { direction: document.direction }),
    from: {
      ...(message.from.unit === undefined ? {} : { unit: message.from.unit }),
      name: message.kind === 'document' ? issuerNames(message) : message.from.name,
    },
    acceptedAt: Date.parse(message.acceptedAt),
    system: { id: origin.system, name: nameOf(origin.system) },
    ...(origin.externalId === undefined ? {} : { externalId: origin.externalId }),
    withdrawn: status?.withdrawn === true,
    protected: 'masked' in message,
    ...(archived === undefined ? {} : { archived }),
    recipients: (status?.recipients ?? []).map((one) => recipientView(one, steps, message, nameOf)),
    steps,
    files,
    message,
    repairs,
  }
}

type Recipient = NonNullable<Whereabouts['status']>['recipients'][number]

function recipientView(
  { unit, role, state, at, by, reason }: Recipient,
  steps: readonly DocumentStep[],
  message: Message,
  nameOf: (id: string) => string,
): DocumentView['recipients'][number] {
  const mine = steps.filter((step) => step.unit?.id === unit && step.message === message.id && step.row !== undefined)
  const last = mine.at(-1)
  return {
    unit: { id: unit, name: message.recipients.find((one) => one.unit === unit)?.name ?? nameOf(unit) },
    ...{ role, state, since: at },
    ...(by === undefined ? {} : { by }),
    ...(reason === undefined ? {} : { reason }),
    ...(last?.system === undefined ? {} : { system: last.system }),
    attempts: Math.max(0, ...mine.map((step) => step.attempt ?? 0)),
    doubtful: last?.state === 'doubt',
    ...(last?.row === undefined ? {} : { delivery: last.row }),
    ...(last?.error === undefined ? {} : { lastError: last.error }),
  }
}

function titleOf(message: Message): string | undefined {
  switch (message.kind) {
    case 'document':
      return message.document.title
    case 'petition':
      return message.petition.title
    default:
      return 'about' in message ? message.about.title : undefined
  }
}
