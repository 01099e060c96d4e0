import type { House } from '../../../core/adapter/port.ts'
import type { AcceptanceAnswer } from '../../../core/door/port.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import { bring, readDraft, type Bringing } from '../../kit/exchange/drafts.ts'
import { Inbox } from '../../kit/exchange/inbox.ts'
import { kindsIn, textIn } from '../../kit/exchange/records.ts'
import type { SoapResult } from '../soap/endpoint.ts'
import { unitOf, type UnitCodes } from '../../kit/exchange/units.ts'
import { statusRecord } from '../../kit/exchange/status.ts'

/** The namespace of our own service's operations and types. */
export const YIZHAN_NAMESPACE = 'urn:yizhan:oa:1'

/** Rows of a list unless told, and at most. */
const LIST_DEFAULT = 100

/** One call, read as far as the operation's name. */
export interface OperationCall extends Bringing {
  readonly element: XmlElement
  /** when the request came, for the books */
  readonly started: number
}

type Operation = (call: OperationCall) => Promise<SoapResult>

/** The operations of our own SOAP service, by the name of the body's element. */
export function yizhanOperations(house: House, units: UnitCodes): ReadonlyMap<string, Operation> {
  const inbox = new Inbox(house)
  return new Map<string, Operation>([
    [
      'Submit',
      async (call) =>
        accepted(
          call,
          'Submit',
          await bring(house, call, await readDraft(house, call, 'Submit', 'document', call.element)),
        ),
    ],
    [
      'Withdraw',
      async (call) =>
        accepted(
          call,
          'Withdraw',
          await bring(house, call, await readDraft(house, call, 'Withdraw', 'withdrawal', call.element)),
        ),
    ],
    [
      'Reply',
      async (call) =>
        accepted(call, 'Reply', await bring(house, call, await readDraft(house, call, 'Reply', 'reply', call.element))),
    ],
    [
      'Sign',
      async (call) =>
        accepted(call, 'Sign', await inbox.act(call, await readDraft(house, call, 'Sign', 'receipt', call.element))),
    ],
    [
      'ReturnDocument',
      async (call) =>
        accepted(
          call,
          'ReturnDocument',
          await inbox.act(call, await readDraft(house, call, 'ReturnDocument', 'return', call.element)),
        ),
    ],
    ['ListItems', (call) => list(house, units, inbox, call)],
    ['Fetch', (call) => fetch(house, units, inbox, call)],
    ['Status', async (call) => ({ chunks: await status(house, call) })],
  ])
}

function accepted(call: OperationCall, operation: string, answer: AcceptanceAnswer): SoapResult {
  return { chunks: call.profile.writeRecord(`${operation}Response`, { ...answer }), accepted: true }
}

async function list(house: House, units: UnitCodes, inbox: Inbox, call: OperationCall): Promise<SoapResult> {
  const { values } = call.profile.readRecord('ListItems', call.element)
  const unit = await unitOf(house, call.caller, textIn(values, 'unit'))
  const max = typeof values['max'] === 'number' ? values['max'] : LIST_DEFAULT
  const items = await inbox.list(call.caller, unit.id, Math.max(1, max), kindsIn(values, 'ListItems'))
  const writer = new XmlWriter({ declaration: false })
  writer.open('ListItemsResponse').attribute('xmlns', YIZHAN_NAMESPACE)
  for (const item of items)
    writer.raw(
      inbox.row(call, 'Entry', item, {
        deliveryId: item.row,
        unit: units.context(unit.id),
        codeOf: units.codeOf,
      }),
    )
  return { chunks: writer.close().finish() }
}

async function fetch(house: House, units: UnitCodes, inbox: Inbox, call: OperationCall): Promise<SoapResult> {
  const { values } = call.profile.readRecord('Fetch', call.element)
  const unit = await unitOf(house, call.caller, textIn(values, 'unit'))
  const item = await inbox.get(call.caller, unit.id, textIn(values, 'id') ?? '', 'Fetch/id')
  const chunks = inbox.write(call, 'FetchResponse', item, {
    deliveryId: item.row,
    unit: units.context(unit.id),
    codeOf: units.codeOf,
    bodies: await inbox.bodies(item.message),
    attach: call.attachments?.add,
  })
  await inbox.fetched(item, call.started)
  return { chunks }
}

async function status(house: House, call: OperationCall): Promise<readonly Buffer[]> {
  const { values } = call.profile.readRecord('Status', call.element)
  return call.profile.writeRecord('StatusResponse', await statusRecord(house, call.caller, values, 'Status/id'))
}

/** The service's operations in order, for errors. */
export function operationNames(operations: ReadonlyMap<string, unknown>): string {
  return [...operations.keys()].join(', ')
}
