/** Universal tags of ASN.1 (X.690). */
const INTEGER = 0x02
const SEQUENCE = 0x30
const UTC_TIME = 0x17
const GENERALIZED_TIME = 0x18

interface Element {
  readonly tag: number
  /** where its content begins, and where it ends */
  readonly start: number
  readonly end: number
}

/**
 * When a revocation list is over (nextUpdate; RFC 5280, 5.1.2.5), ms since 1970; undefined where it does not say.
 *
 * @throws Error for what is no CertificateList
 */
export function crlEnd(der: Buffer): number | undefined {
  const list = elementAt(der, 0, SEQUENCE)
  const { start, end } = elementAt(der, list.start, SEQUENCE)
  const rest: Element[] = []
  for (let at = start; at < end && rest.length < 5; at = rest.at(-1)?.end ?? end) rest.push(elementAt(der, at))
  // version (v2 only), signature, issuer, thisUpdate, nextUpdate
  if (rest[0]?.tag === INTEGER) rest.shift()
  const [signature, issuer, thisUpdate, nextUpdate] = rest
  if (signature?.tag !== SEQUENCE || issuer?.tag !== SEQUENCE || thisUpdate === undefined) throw notOne()
  timeIn(der, thisUpdate)
  return nextUpdate === undefined || !isTime(nextUpdate) ? undefined : timeIn(der, nextUpdate)
}

function elementAt(der: Buffer, at: number, wanted?: number): Element {
  const [tag, first] = [der[at], der[at + 1]]
  if (tag === undefined || first === undefined || (wanted !== undefined && tag !== wanted)) throw notOne()
  const bytes = first < 0x80 ? 0 : first & 0x7f
  if (bytes > 4 || at + 2 + bytes > der.length) throw notOne()
  const start = at + 2 + bytes
  const end = start + (bytes === 0 ? first : der.readUIntBE(at + 2, bytes))
  if (end > der.length) throw notOne()
  return { tag, start, end }
}

function isTime({ tag }: Element): boolean {
  return tag === UTC_TIME || tag === GENERALIZED_TIME
}

/** `YYMMDDhhmmssZ` until 2049, `YYYYMMDDhhmmssZ` from then on (5.1.2.4). */
function timeIn(der: Buffer, element: Element): number {
  if (!isTime(element)) throw notOne()
  const text = der.toString('latin1', element.start, element.end)
  const [, years = '', rest = ''] = /^(\d\d|\d{4})(\d{10})Z$/.exec(text) ?? []
  const year = years.length === 2 ? `${Number(years) < 50 ? '20' : '19'}${years}` : years
  const [month, day, hour, minute, second] = rest.match(/\d\d/g) ?? []
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
  if (Number.isNaN(at)) throw notOne()
  return at
}

function notOne(): Error {
  return new Error('不是吊销列表 / not a revocation list')
}
