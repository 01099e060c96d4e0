import { SaxesParser } from 'saxes'

export interface XmlEvents {
  open?(name: string, attributes: Readonly<Record<string, string>>): void
  text?(text: string): void
  close?(name: string): void
}

/** Ends a reading that has enough. */
export class Enough extends Error {}

/** Goes through XML, names without their prefixes; entities other than the five are errors, so nothing grows. */
export function walkXml(bytes: Buffer, events: XmlEvents): void {
  const encoding = bytes[0] === 0xff || bytes[0] === 0xfe ? 'utf-16' : 'utf-8'
  const parser = new SaxesParser()
  const local = (name: string): string => name.slice(name.indexOf(':') + 1)
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', ({ name, attributes }) => {
    const bare: Record<string, string> = {}
    for (const [key, value] of Object.entries(attributes)) bare[local(key)] = value
    events.open?.(local(name), bare)
  })
  parser.on('text', (text) => events.text?.(text))
  parser.on('cdata', (text) => events.text?.(text))
  parser.on('closetag', ({ name }) => events.close?.(local(name)))
  try {
    parser.write(new TextDecoder(encoding).decode(bytes)).close()
  } catch (error) {
    if (!(error instanceof Enough)) throw error
  }
}

/** The text of the first element of that name. */
export function firstText(bytes: Buffer, wanted: string): string | undefined {
  let found: string | undefined
  walkXml(bytes, {
    open: (name) => {
      if (name === wanted) found ??= ''
    },
    text: (text) => {
      if (found !== undefined) found += text
    },
    close: (name) => {
      if (name === wanted) throw new Enough()
    },
  })
  return found
}
