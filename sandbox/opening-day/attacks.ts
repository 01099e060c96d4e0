import { gzipSync } from 'node:zlib'
import { child } from '../oa/node.ts'
import { faultError, parsed, post } from '../oa/epoint/wire.ts'
import { Refused } from '../oa/port.ts'

/** A request to the station's own service as nobody's program would make it: whole bytes, written by hand. */
export interface Attack {
  readonly body: Buffer
  readonly headers?: Readonly<Record<string, string>>
  readonly login: { readonly name: string; readonly password: string }
}

/** Sends it and says what came of it: an acceptance number, or the refusal as an error. */
export async function attack(base: string, { body, headers, login }: Attack): Promise<string> {
  const authorization = `Basic ${Buffer.from(`${login.name}:${login.password}`).toString('base64')}`
  const answer = await post(`${base}/oa/yizhan`, body, {
    'content-type': 'text/xml; charset=utf-8',
    soapaction: '"urn:yizhan:oa:1/Submit"',
    authorization,
    ...headers,
  })
  const soap = child(child(await parsed(answer), 'Envelope'), 'Body')
  const fault = child(soap, 'Fault')
  if (fault !== undefined) throw faultError(fault)
  return answer.text
}

/** A SOAP 1.1 envelope around a submission; `document` is the XML inside the `document` element. */
export function envelope(document: string, prologue = ''): Buffer {
  return Buffer.from(
    `<?xml version="1.0" encoding="utf-8"?>${prologue}<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/"><soap:Body>` +
      `<Submit xmlns="urn:yizhan:oa:1"><document>${document}</document></Submit></soap:Body></soap:Envelope>`,
  )
}

/** Ten to the ninth entities out of less than a kilobyte ("billion laughs"). */
export const XML_BOMB = `<!DOCTYPE bomb [<!ENTITY a "哈">${'bcdefghij'
  .split('')
  .map((name, n) => `<!ENTITY ${name} "${`&${'abcdefghi'[n]};`.repeat(10)}">`)
  .join('')}]>`

/** Sixty megabytes of blanks in a few hundred kilobytes. */
export function gzipBomb(): Buffer {
  return gzipSync(Buffer.concat([envelope('').subarray(0, 100), Buffer.alloc(60 * 1024 * 1024, 0x20)]), { level: 1 })
}

/** What a refusal of the station has to say. */
export interface Saying {
  readonly field?: boolean
  readonly value?: boolean
  readonly rule?: boolean
}

/**
 * Runs an action that must be refused, and looks whether the refusal says what it should: Chinese and English, and the
 * field, value and rule where they are asked for. One that does not counts as another refusal.
 */
export async function wellRefused(action: () => Promise<string>, saying: Saying): Promise<string> {
  try {
    return await action()
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    const missing = [
      ...(/\p{Script=Han}{2}/u.test(error.text) ? [] : ['中文']),
      ...(/[a-z]{3}.*[a-z]{3}/i.test(error.text.split(' / ').slice(1).join(' / ')) ? [] : ['English']),
      ...(['field', 'value', 'rule'] as const).filter(
        (fact) => saying[fact] === true && (error.facts[fact] ?? '') === '',
      ),
    ]
    throw missing.length === 0
      ? error
      : new Refused(`${error.code}?`, `没有说明 does not say ${missing.join(', ')}: ${error.text}`)
  }
}
