import { posix } from 'node:path'
import { linesOf, type Placed } from './lines.ts'
import { unreadable, type Reading } from './port.ts'
import { walkXml } from './xml-text.ts'
import type { ZipMember } from './zip.ts'

/** First page of an OFD document with its templates (GB/T 33190-2016, 7 and 11), and the title of its properties. */
export async function readOfd(members: readonly ZipMember[]): Promise<Reading> {
  const find = async (path: string): Promise<Buffer | undefined> =>
    members.find(({ name }) => name === path.replace(/^\//, ''))?.bytes()
  const root = await find('OFD.xml')
  if (root === undefined) return unreadable('OFD 没有可读的入口 / an OFD without a readable entry')
  const { texts } = valuesOf(root, ['DocRoot', 'Title', 'Keyword', 'Subject'])
  const documentPath = texts.get('DocRoot')?.[0]?.trim()
  const document = documentPath === undefined ? undefined : await find(documentPath)
  if (documentPath === undefined || document === undefined)
    return unreadable('OFD 没有可读的文档 / an OFD without a readable document')
  const { places } = valuesOf(document, [])
  const folder = posix.dirname(documentPath.replace(/^\//, ''))
  const pages: string[] = []
  for (const place of places) {
    const path = place.startsWith('/') ? place : posix.join(folder, place)
    const page = await find(path)
    if (page !== undefined) pages.push(linesOf(textsOf(page)))
  }
  return {
    texts: pages,
    names: ['Title', 'Keyword', 'Subject'].flatMap((name) => texts.get(name) ?? []),
    unread: pages.every((page) => page.trim() === '')
      ? ['OFD 首页没有文字（扫描件）/ an OFD whose first page has no text (a scan)']
      : [],
  }
}

function valuesOf(
  xml: Buffer,
  wanted: readonly string[],
): { readonly texts: ReadonlyMap<string, readonly string[]>; readonly places: readonly string[] } {
  const texts = new Map<string, string[]>()
  const templates: string[] = []
  let first: string | undefined
  let open: string | undefined
  walkXml(xml, {
    open(name, attributes) {
      open = wanted.includes(name) ? name : undefined
      if (open !== undefined) texts.set(open, [...(texts.get(open) ?? []), ''])
      if (name === 'Page') first ??= attributes['BaseLoc']
      if (name === 'TemplatePage' && attributes['BaseLoc'] !== undefined && templates.length < 20)
        templates.push(attributes['BaseLoc'])
    },
    text(text) {
      const list = open === undefined ? undefined : texts.get(open)
      if (list !== undefined) list.push((list.pop() ?? '') + text)
    },
    close() {
      open = undefined
    },
  })
  return { texts, places: [...(first === undefined ? [] : [first]), ...templates] }
}

/** Text objects with their places: the boundary's corner and the code's own offset. */
function textsOf(xml: Buffer): Placed[] {
  const placed: Placed[] = []
  let corner = [0, 0]
  let current: { x: number; y: number; text: string } | undefined
  walkXml(xml, {
    open(name, attributes) {
      if (name === 'TextObject') corner = (attributes['Boundary'] ?? '').trim().split(/\s+/u).map(Number)
      if (name !== 'TextCode') return
      const [left = 0, top = 0] = corner
      current = { x: left + (Number(attributes['X']) || 0), y: top + (Number(attributes['Y']) || 0), text: '' }
      placed.push(current)
    },
    text(text) {
      if (current !== undefined) current.text += text
    },
    close(name) {
      if (name === 'TextCode') current = undefined
    },
  })
  return placed
}
