import type { IncomingMessage } from 'node:http'
import type { House } from '../../../core/adapter/port.ts'
import type { OaDraft } from '../../../core/door/port.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { internalError, isInternal, presentable } from '../../../core/events/internal.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { childOf, textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { legalText } from '../../../core/mapping/xml/escape.ts'
import { inTurns } from '../../../core/util/turns.ts'
import { XmlWriter } from '../../../core/mapping/xml/write.ts'
import type { MessageKind } from '../../../core/message/schema.ts'
import { bring, noteQuirks, readDraft, type Bringing } from '../../kit/exchange/drafts.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import { certificateOf, sourceOf } from '../../kit/http/source.ts'
import { SoapCallers } from '../callers.ts'
import { Inbox } from '../../kit/exchange/inbox.ts'
import { textIn } from '../../kit/exchange/records.ts'
import { bookRefusal } from '../../kit/exchange/refusal.ts'
import { operationIn, textOfFirst } from '../soap/login.ts'
import { EarlyResult, type SoapCall, type SoapResult, type SoapService } from '../soap/endpoint.ts'
import { unitOf, type UnitCodes } from '../../kit/exchange/units.ts'
import { answerActionOf, operationsOf, TEMPURI, type Action } from './operations.ts'

/** Parameters of the address: asmx clients name the operation there too. */
export const QUERY = ['wsdl', 'op'] as const
/** Rows of a list; what is left comes when these have been signed for. */
const LIST_MAX = 200
const NOTICE_KINDS: readonly MessageKind[] = ['receipt', 'return', 'withdrawal', 'reply', 'outcome']

/** A call whose parameters have been read. */
interface EpointCall extends Bringing {
  readonly paras: XmlElement | undefined
  readonly started: number
}

type Performed = { readonly chunks: readonly Buffer[]; readonly accepted?: boolean }

/**
 * The exchange centre that OA systems of dialect A expect: string parameters `TokenBase64` (base64 of
 * `account:password`) and `ParasXml`, and an XML string as result. Refusals are results too: `ReturnInfo` with Status
 * False and the error's code and texts in Description.
 */
export class EpointService implements SoapService {
  readonly #house: House
  readonly #units: UnitCodes
  readonly #callers: SoapCallers
  readonly #inbox: Inbox

  constructor(house: House, units: UnitCodes) {
    this.#house = house
    this.#units = units
    this.#callers = new SoapCallers(house, 'epoint')
    this.#inbox = new Inbox(house)
  }

  readonly query = QUERY
  readonly actions = { of: answerActionOf, fault: 'http://www.w3.org/2005/08/addressing/soap/fault' }

  identify(): undefined {
    return undefined
  }

  recognise(head: Buffer, request: IncomingMessage): Caller {
    try {
      const certified = this.#callers.certified(request)
      if (certified !== undefined) return certified
      const token = textOfFirst(head, 'TokenBase64') ?? ''
      if (token === '' && certificateOf(request) !== undefined) throw this.#callers.nobody(request)
      return this.#callers.pair(token, sourceOf(request))
    } catch (thrown) {
      const operation = operationIn(head)
      if (operation === undefined) throw thrown
      throw new EarlyResult(resultOf(operation, this.#refusal(asYizhanError(thrown))), thrown)
    }
  }

  async call(call: SoapCall): Promise<SoapResult> {
    const { body } = call.envelope
    if (body.uri !== TEMPURI && body.uri !== '')
      throw new YizhanError('OPERATION_UNKNOWN', { value: `{${body.uri}}${body.local}`, rule: TEMPURI })
    try {
      const { caller } = call
      const action = operationsOf(caller.system).get(body.local)
      if (action === undefined)
        throw new YizhanError('OPERATION_UNKNOWN', {
          value: body.local,
          rule: [...operationsOf(caller.system).keys()].join(', '),
        })
      const profile = this.#house.profile(caller.system.profile)
      const paras = await this.#paras(caller, profile, parameter(body, 'ParasXml'))
      const performed = await this.#perform(action, {
        caller,
        profile,
        paras,
        bytes: call.bytes,
        contentType: call.contentType,
        attached: call.attached,
        secret: 'TokenBase64',
        started: this.#house.clock.now(),
      })
      return { chunks: resultOf(body.local, performed.chunks), accepted: performed.accepted ?? false }
    } catch (thrown) {
      return { chunks: resultOf(body.local, this.#refusal(asYizhanError(thrown))) }
    }
  }

  async #paras(caller: Caller, profile: CompiledProfile, xml: string | undefined): Promise<XmlElement | undefined> {
    if (xml === undefined || xml.trim() === '') return undefined
    try {
      const { element, quirks } = await inTurns(profile.parse(xml.trim()))
      noteQuirks(this.#house, caller, quirks)
      return element
    } catch (thrown) {
      const error = asYizhanError(thrown)
      if (error.status < 500) await bookRefusal(this.#house, error, caller)
      throw error
    }
  }

  async #perform(action: Action, call: EpointCall): Promise<Performed> {
    switch (action) {
      case 'list':
        return { chunks: await this.#list(call, ['document']) }
      case 'notices':
        return { chunks: await this.#list(call, NOTICE_KINDS) }
      case 'fetch':
        return { chunks: await this.#fetch(call) }
      case 'sign':
        return this.#accepted(call, (await this.#inbox.act(call, await this.#draft(call, 'Sign', 'receipt'))).id)
      case 'return':
        return this.#accepted(
          call,
          (await this.#inbox.act(call, await this.#draft(call, 'ReturnDocument', 'return'))).id,
        )
      case 'reply':
        return this.#accepted(call, (await bring(this.#house, call, await this.#draft(call, 'Reply', 'reply'))).id)
      case 'send':
        return this.#accepted(call, (await bring(this.#house, call, await this.#draft(call, 'Send', 'document'))).id)
      case 'withdraw':
        return this.#accepted(
          call,
          (await bring(this.#house, call, await this.#draft(call, 'Withdraw', 'withdrawal'))).id,
        )
    }
  }

  async #draft<T extends OaDraft['kind']>(
    call: EpointCall,
    form: string,
    kind: T,
  ): Promise<Extract<OaDraft, { kind: T }>> {
    if (call.paras !== undefined) return readDraft(this.#house, call, form, kind, call.paras)
    const error = missingParameters()
    await bookRefusal(this.#house, error, call.caller)
    throw error
  }

  #accepted(call: EpointCall, id: string): Performed {
    return { chunks: call.profile.writeRecord('Answer', { ok: true, description: '', id }), accepted: true }
  }

  async #list(call: EpointCall, kinds: readonly MessageKind[]): Promise<readonly Buffer[]> {
    const unit = await this.#unitOf(call)
    const items = await this.#inbox.list(call.caller, unit.id, LIST_MAX, kinds)
    const out = new XmlWriter({ declaration: false })
    out
      .open('EpointDataBody')
      .open('DATA')
      .open('ReturnInfo')
      .element('Status', 'True')
      .element('Description', '')
      .close()
    out.open('UserArea').open('ReturnInfo').open('PaperList')
    for (const item of items)
      out.raw(
        this.#inbox.row(call, 'Paper', item, {
          deliveryId: item.row,
          unit: this.#units.context(unit.id),
          codeOf: this.#units.codeOf,
        }),
      )
    return out.close().close().close().close().close().finish()
  }

  async #fetch(call: EpointCall): Promise<readonly Buffer[]> {
    const unit = await this.#unitOf(call)
    if (call.paras === undefined) throw missingParameters()
    const { values } = call.profile.readRecord('FetchRequest', call.paras)
    const item = await this.#inbox.get(call.caller, unit.id, textIn(values, 'id') ?? '', 'InboxGuid')
    const form = item.message.kind === 'document' ? 'Fetch' : 'Notice'
    const chunks = this.#inbox.write(call, form, item, {
      deliveryId: item.row,
      unit: this.#units.context(unit.id),
      codeOf: this.#units.codeOf,
      bodies: await this.#inbox.bodies(item.message),
    })
    await this.#inbox.fetched(item, call.started)
    return chunks
  }

  /** The unit that asks: by DeptGuid or DeptName where the parameters have them. */
  #unitOf(call: EpointCall): Promise<{ readonly id: string }> {
    const named =
      call.paras === undefined ? undefined : (parameter(call.paras, 'DeptGuid') ?? parameter(call.paras, 'DeptName'))
    return unitOf(this.#house, call.caller, named)
  }

  #refusal(error: YizhanError): readonly Buffer[] {
    if (isInternal(error)) this.#house.emit.emit(internalError(error, this.#house.clock.now()))
    const shown = presentable(error)
    const out = new XmlWriter({ declaration: false })
    out.open('EpointDataBody').open('DATA').open('ReturnInfo').element('Status', 'False')
    return out
      .element('Description', legalText(`${shown.code} ${shown.zh} / ${shown.en}`))
      .close()
      .open('UserArea')
      .close()
      .close()
      .close()
      .finish()
  }
}

function missingParameters(): YizhanError {
  return new YizhanError('PROFILE_FIELD', { field: 'ParasXml', value: '', rule: '必填 / required', detail: 'epoint' })
}

/** A parameter's text without blanks around; undefined for none, empty or the word `null`. */
function parameter(element: XmlElement, local: string): string | undefined {
  const child = childOf(element, local)
  const text = child === undefined ? '' : textOf(child).trim()
  return text === '' || text === 'null' ? undefined : text
}

/** `<OpResponse><OpResult>` with the answer as text. */
function resultOf(operation: string, document: readonly Buffer[]): Buffer[] {
  return new XmlWriter({ declaration: false })
    .open(`${operation}Response`)
    .attribute('xmlns', TEMPURI)
    .open(`${operation}Result`)
    .document(document)
    .close()
    .close()
    .finish()
}
