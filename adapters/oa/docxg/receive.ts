import type { OaDraft } from '../../../core/door/port.ts'
import type { YizhanError } from '../../../core/errors/error.ts'
import type { RawRecord } from '../../../core/ledger/port.ts'
import { childOf, textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { failpoint } from '../../../core/util/failpoint.ts'
import { asRefusal, noteQuirks, withUnread } from '../../kit/exchange/drafts.ts'
import { withDeadline } from '../polling.ts'
import { findAll, readAnswer } from './answers.ts'
import { isRefusal, type ExchangeCentre } from './centre.ts'
import { downloadAll } from './download.ts'
import type { Patience } from '../../kit/patience.ts'
import { markupOf } from '../../../core/mapping/xml/markup.ts'
import { inTurns, type Steps } from '../../../core/util/turns.ts'
import { trimEndOf } from '../../../core/util/trim.ts'

/** Documents refused since the start, as long as the centre lists them: they are not fetched again. */
export type Refused = Map<string, { readonly error: YizhanError; returned: boolean }>

/**
 * Takes what waits at the centre: fetches files, brings each document to the door, and takes it off the centre's list
 * once it has been accepted. What is refused is remembered and returned to its sender. A document that cannot be
 * fetched now, or not returned, stops no other and waits for itself; the first such error is thrown at the end.
 * Resolves with whether one waits.
 */
export async function receiveDocuments(centre: ExchangeCentre, refused: Refused, patience: Patience): Promise<boolean> {
  const text = await centre.call('getToBeRecevicedList')
  const rows = findAll(await readAnswer(centre.system.id, centre.profile, text), 'DOCSUMMARY')
  const texts = await inTurns(sourcesOf(text, rows.length), centre.signal)
  let postponed: Error | undefined
  let waits = false
  for (const [n, row] of rows.entries()) {
    const failed = await patience.attempt(centre.system, queueIdOf(row), centre.signal, () =>
      receive(centre, refused, row, texts[n] ?? text),
    )
    if (failed === 'waits') waits = true
    else postponed ??= failed
  }
  // What the centre no longer lists need not be remembered here; the ledger remembers it.
  const listed = new Set(rows.map(queueIdOf))
  for (const queueId of refused.keys()) if (!listed.has(queueId)) refused.delete(queueId)
  if (postponed !== undefined) throw postponed
  return waits
}

function queueIdOf(row: XmlElement): string {
  return textIn(row, 'ID') || textIn(row, 'DOCGUID')
}

async function receive(centre: ExchangeCentre, refused: Refused, row: XmlElement, source: string): Promise<void> {
  const docguid = textIn(row, 'DOCGUID')
  const queueId = queueIdOf(row)
  const known = refused.get(queueId)
  if (known !== undefined) {
    if (!known.returned) await giveBack(centre, row, docguid, known.error)
    known.returned = true
    return
  }
  let atDoor = false
  try {
    const { limits } = centre.house.city().station
    const attached = await withDeadline(centre.system, centre.signal, (signal) =>
      downloadAll(centre.client, centre.profile.links('DOCSUMMARY', row), limits.documentBytes, signal),
    )
    const { draft: read, quirks, unread } = centre.profile.read('DOCSUMMARY', row, { attached })
    const draft = withUnread(read, unread)
    noteQuirks(centre.house, centre, quirks)
    failpoint('accept.decoded')
    atDoor = true
    await centre.house.door.accept(centre.account, addressed(centre, row, draft), rawOf(source))
  } catch (caught) {
    const thrown = asRefusal(caught)
    if (!isRefusal(thrown)) throw thrown
    refused.set(queueId, { error: thrown, returned: false })
    await remember(centre, queueId, thrown, atDoor)
    await giveBack(centre, row, docguid, thrown)
    refused.set(queueId, { error: thrown, returned: true })
    return
  }
  await centre.ask('updateDocForReceive', queueId)
  failpoint('accept.answered')
}

/**
 * A centre may know the whole station as one department: then TODEPIDS names that, and whom a document is for stands in
 * the names, as a line like that of 主送机关.
 */
function addressed(centre: ExchangeCentre, row: XmlElement, draft: OaDraft): OaDraft {
  if (draft.kind !== 'document')
    throw new TypeError(`form DOCSUMMARY of profile ${centre.profile.id} gives ${draft.kind}`)
  const directory = centre.house.directory()
  const known = (ids: readonly string[] | undefined, names: string): boolean =>
    names === '' || (ids ?? []).every((id) => directory.find(id) !== undefined)
  const [to, cc] = [textIn(row, 'TODEPNAMES'), textIn(row, 'CCDEPNAMES')]
  return {
    ...draft,
    ...(known(draft.to, to) ? {} : { to: undefined }),
    ...(known(draft.cc, cc) ? {} : { cc: undefined }),
    document: {
      ...draft.document,
      ...(to === '' ? {} : { mainRecipients: line(to) }),
      ...(cc === '' ? {} : { copyRecipients: line(cc) }),
    },
  }
}

/** Names without the separator that may stand behind the last. */
function line(names: string): string {
  return trimEndOf(names, ';；,，\u3000 \t\r\n')
}

/** Books the refusal once for all time; the door has said its own already. */
async function remember(centre: ExchangeCentre, queueId: string, error: YizhanError, atDoor: boolean): Promise<void> {
  const { house, system } = centre
  const detail = [error.facts.field, error.facts.rule].filter((part) => part !== undefined).join('：')
  const event = {
    code: error.code === 'CLASSIFIED' ? 'message.classified' : 'message.refused',
    at: house.clock.now(),
    kind: 'document',
    system: system.id,
    row: queueId,
    error: error.code,
    detail,
  } as const
  const first = await house.ledger.acceptance.rememberRefusal(system.id, queueId, event)
  if (first && !atDoor) house.emit.emit(event)
}

/** Returns a document to its sender in the name of the unit that it was for. */
async function giveBack(centre: ExchangeCentre, row: XmlElement, docguid: string, error: YizhanError): Promise<void> {
  const recipient = textIn(row, 'TODEPIDS').split(/[;,；，]/, 1)[0] ?? ''
  await centre.ask('toSaveUntreadDoc', docguid, `${error.code} ${error.zh}`.slice(0, 500), recipient.trim())
}

function textIn(row: XmlElement, local: string): string {
  const child = childOf(row, local)
  return child === undefined ? '' : textOf(child).trim()
}

/** Each document's own text within the list, where they can be told apart without doubt. */
function* sourcesOf(text: string, count: number): Steps<readonly string[]> {
  const found: string[] = []
  let start = -1
  for (const { kind, name, start: at, end } of markupOf(text)) {
    yield
    if (name !== 'DOCSUMMARY') continue
    if (kind === 'start' && start === -1) start = at
    if (kind !== 'end' || start === -1) continue
    found.push(text.slice(start, end))
    start = -1
  }
  return found.length === count ? found : []
}

function rawOf(source: string): RawRecord {
  return { contentType: 'text/xml; charset=utf-8', pieces: [{ bytes: Buffer.from(source, 'utf8') }] }
}
