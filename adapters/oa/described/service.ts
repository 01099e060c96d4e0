import type { IncomingMessage } from 'node:http'
import type { House } from '../../../core/adapter/port.ts'
import type { AcceptanceAnswer } from '../../../core/door/port.ts'
import { CATALOGUE } from '../../../core/errors/catalogue.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { internalError, isInternal, presentable } from '../../../core/events/internal.ts'
import type { CompiledProfile, FormRecord } from '../../../core/mapping/profile/port.ts'
import type { ServedOperation } from '../../../core/mapping/profile/served.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { legalText } from '../../../core/mapping/xml/escape.ts'
import { readXmlString } from '../../../core/mapping/xml/read.ts'
import { bring, noteQuirks, readDraft } from '../../kit/exchange/drafts.ts'
import type { Caller } from '../../kit/exchange/caller.ts'
import { Inbox } from '../../kit/exchange/inbox.ts'
import { unitOf, type UnitCodes } from '../../kit/exchange/units.ts'
import { answerEncoding } from '../../kit/http/charset.ts'
import { parseContentType } from '../../kit/http/content-type.ts'
import { sourceOf } from '../../kit/http/source.ts'
import { SoapCallers } from '../callers.ts'
import { kindsIn, textIn } from '../../kit/exchange/records.ts'
import { EarlyResult, type SoapCall, type SoapResult, type SoapService } from '../soap/endpoint.ts'
import { operationIn, textOfFirst, tokenIn } from '../soap/login.ts'
import { carriesPassword } from '../soap/security.ts'
import type { OperationCall } from '../yizhan/operations.ts'
import { statusRecord } from '../../kit/exchange/status.ts'
import { resultActionOf, faultActionOf, type DescribedSoap } from './actions.ts'

/** Parameters of the address. */
export const DESCRIBED_QUERY = ['wsdl'] as const
/** Rows of a list unless told. */
const LIST_DEFAULT = 100

/** A SOAP service that a profile describes: its operations, its answers, its refusals. */
export class DescribedService implements SoapService {
  readonly #house: House
  readonly #units: UnitCodes
  readonly #id: string
  readonly #callers: SoapCallers
  readonly #inbox: Inbox

  /** @param id the profile's */
  constructor(house: House, units: UnitCodes, id: string) {
    this.#house = house
    this.#units = units
    this.#id = id
    this.#callers = new SoapCallers(house, 'soap', undefined, id)
    this.#inbox = new Inbox(house)
  }

  readonly query = DESCRIBED_QUERY

  get #profile(): CompiledProfile {
    return this.#house.profile(this.#id)
  }

  get #soap(): DescribedSoap {
    const { soap } = this.#profile
    if (soap === undefined) throw new YizhanError('INTERNAL', { detail: `profile ${this.#id} describes no service` })
    return soap
  }

  get actions(): SoapService['actions'] {
    const soap = this.#soap
    return { of: (operation) => resultActionOf(soap, operation), fault: faultActionOf(soap) }
  }

  identify(request: IncomingMessage): Caller | undefined {
    const { authorization } = request.headers
    return (
      this.#callers.certified(request) ??
      (authorization === undefined ? undefined : this.#callers.basic(authorization, sourceOf(request)))
    )
  }

  recognise(head: Buffer, request: IncomingMessage): Caller {
    try {
      return this.#recognise(head, request)
    } catch (thrown) {
      const refused = this.#refused(operationIn(head), asYizhanError(thrown))
      throw refused === undefined ? thrown : new EarlyResult(refused, thrown)
    }
  }

  #recognise(head: Buffer, request: IncomingMessage): Caller {
    const token = tokenIn(head)
    if (token !== undefined) return this.#callers.token(token, sourceOf(request))
    const { login } = this.#soap
    const text = login && textOfHead(head, request)
    const [account, password] = [login?.account, login?.password].map((name) =>
      text === undefined || name === undefined ? undefined : valueOf(text, name),
    )
    if (account === undefined || password === undefined) throw this.#callers.nobody(request)
    return this.#callers.named(account, password, sourceOf(request))
  }

  detail(error: YizhanError): readonly Buffer[] | undefined {
    const { fault } = this.#soap
    return fault === undefined ? undefined : this.#profile.writeRecord(fault, refusalRecord(error))
  }

  async call(call: SoapCall): Promise<SoapResult> {
    const { body, version } = call.envelope
    const { namespace, operations, versions } = this.#soap
    if (!versions.includes(version))
      throw new YizhanError('SOAP_VERSION', { field: 'Envelope', value: version, rule: versions.join(', ') })
    const isOurs = body.uri === namespace || body.uri === ''
    const operation = isOurs ? this.#operationOf(body.local) : undefined
    if (operation === undefined)
      throw new YizhanError('OPERATION_UNKNOWN', {
        value: body.local,
        field: body.uri,
        rule: operations.map((one) => this.#profile.root(one.in).name).join(', '),
      })
    try {
      return await this.#perform(operation, this.#callOf(call))
    } catch (thrown) {
      const error = asYizhanError(thrown)
      const chunks = this.#refused(body.local, error)
      if (chunks === undefined) throw thrown
      if (isInternal(error)) this.#house.emit.emit(internalError(error, this.#house.clock.now()))
      return { chunks }
    }
  }

  #operationOf(name: string): ServedOperation | undefined {
    return this.#soap.operations.find((one) => this.#profile.root(one.in).name === name)
  }

  #callOf({ envelope, caller, bytes, contentType, attached, attachments }: SoapCall): OperationCall {
    const { login } = this.#soap
    return {
      element: login === undefined ? envelope.body : without(envelope.body, [login.account, login.password]),
      caller,
      profile: this.#profile,
      bytes,
      contentType,
      attached,
      attachments,
      secret: carriesPassword(envelope.headers)
        ? 'Password'
        : envelope.body.children.some(({ local }) => local === login?.password)
          ? login?.password
          : undefined,
      started: this.#house.clock.now(),
    }
  }

  async #perform(operation: ServedOperation, call: OperationCall): Promise<SoapResult> {
    const house = this.#house
    const { element } = call
    switch (operation.does) {
      case 'submit':
        return this.#accepted(
          operation,
          await bring(house, call, await readDraft(house, call, operation.in, 'document', element)),
        )
      case 'withdraw':
        return this.#accepted(
          operation,
          await bring(house, call, await readDraft(house, call, operation.in, 'withdrawal', element)),
        )
      case 'reply':
        return this.#accepted(
          operation,
          await bring(house, call, await readDraft(house, call, operation.in, 'reply', element)),
        )
      case 'sign':
        return this.#accepted(
          operation,
          await this.#inbox.act(call, await readDraft(house, call, operation.in, 'receipt', element)),
        )
      case 'return':
        return this.#accepted(
          operation,
          await this.#inbox.act(call, await readDraft(house, call, operation.in, 'return', element)),
        )
      case 'list':
        return { chunks: await this.#list(operation, call) }
      case 'fetch':
        return { chunks: await this.#fetch(operation, call) }
      case 'status': {
        const values = this.#valuesOf(operation, call)
        return { chunks: this.#answer(operation, await statusRecord(house, call.caller, values, 'id')) }
      }
    }
  }

  #valuesOf(operation: ServedOperation, call: OperationCall): FormRecord {
    const { values, quirks } = call.profile.readRecord(operation.in, call.element)
    noteQuirks(this.#house, call.caller, quirks)
    return values
  }

  #accepted(operation: ServedOperation, answer: AcceptanceAnswer): SoapResult {
    return { chunks: this.#answer(operation, { ...answer }), accepted: true }
  }

  #answer(operation: ServedOperation, values: FormRecord): readonly Buffer[] {
    return this.#profile.writeRecord(operation.out, { ...GOOD, ...values })
  }

  async #list(operation: ServedOperation, call: OperationCall): Promise<readonly Buffer[]> {
    const values = this.#valuesOf(operation, call)
    const unit = await unitOf(this.#house, call.caller, textIn(values, 'unit'))
    const max = typeof values['max'] === 'number' ? values['max'] : LIST_DEFAULT
    const kinds = kindsIn(values, operation.in) ?? operation.kinds
    const items = await this.#inbox.list(call.caller, unit.id, Math.max(1, max), kinds)
    return this.#inbox.listRows(call, operation.out, { ...GOOD, total: items.length }, items, {
      unit: this.#units.context(unit.id),
      codeOf: this.#units.codeOf,
    })
  }

  async #fetch(operation: ServedOperation, call: OperationCall): Promise<readonly Buffer[]> {
    const values = this.#valuesOf(operation, call)
    const unit = await unitOf(this.#house, call.caller, textIn(values, 'unit'))
    const item = await this.#inbox.get(call.caller, unit.id, textIn(values, 'id') ?? '', `${operation.in}/id`)
    const chunks = this.#inbox.write(call, operation.out, item, {
      deliveryId: item.row,
      unit: this.#units.context(unit.id),
      codeOf: this.#units.codeOf,
      bodies: await this.#inbox.bodies(item.message),
      attach: call.attachments?.add,
    })
    await this.#inbox.fetched(item, call.started)
    return chunks
  }

  /** A refusal as an answer, where the dialect says it so; undefined where it is a fault. */
  #refused(name: string | undefined, error: YizhanError): readonly Buffer[] | undefined {
    const operation = name === undefined ? undefined : this.#operationOf(name)
    if (this.#soap.refusals !== 'answer' || operation === undefined) return undefined
    return this.#profile.writeRecord(operation.refused ?? operation.out, refusalRecord(error))
  }
}

/** What every answer that refuses nothing has. */
const GOOD = { ok: true, code: 'OK', description: '' } as const

function refusalRecord(error: YizhanError): FormRecord {
  const shown = presentable(error)
  const { code, zh, en, facts, retryable } = shown
  const remedy = CATALOGUE[code].remedy
  const texts = {
    zh,
    en,
    description: `${code} ${zh} / ${en}`,
    field: facts.field,
    value: facts.value,
    rule: facts.rule,
    remedy: `${remedy.zh} / ${remedy.en}`,
  }
  const legal = Object.entries(texts).map(([name, text]) => [name, text === undefined ? undefined : legalText(text)])
  return { ok: false, code, retryable, ...(Object.fromEntries(legal) as FormRecord) }
}

/** The request's first bytes as text: an account's password may be Chinese. */
function textOfHead(head: Buffer, request: IncomingMessage): string {
  const encoding = answerEncoding(parseContentType(request.headers['content-type']), head)
  return encoding === 'utf-8' ? head.toString('utf8') : new TextDecoder(encoding).decode(head)
}

/** The text of the first element of that name, its references resolved; undefined where there is none. */
function valueOf(text: string, name: string): string | undefined {
  const raw = textOfFirst(Buffer.from(text, 'utf8'), name)
  if (raw === undefined || raw === '') return undefined
  try {
    return readXmlString(`<a>${raw}</a>`).text
  } catch (thrown) {
    if (thrown instanceof YizhanError) return undefined
    throw thrown
  }
}

function without(element: XmlElement, names: readonly string[]): XmlElement {
  return { ...element, children: element.children.filter(({ local }) => !names.includes(local)) }
}
