import { MOST_CHARACTERS, unreadable, type Reading } from './port.ts'
import { Enough, firstText, walkXml } from './xml-text.ts'
import type { ZipMember } from './zip.ts'

/** Page headers and first page of a Word document (ECMA-376, part 1: 17.3, 17.10), and the title of its properties. */
export async function readDocx(members: readonly ZipMember[]): Promise<Reading> {
  const find = (name: string) => members.find((member) => member.name === name)?.bytes()
  const body = await find('word/document.xml')
  if (body === undefined) return unreadable('Word 文件没有可读的正文 / a Word document without a readable body')
  const headers: Buffer[] = []
  for (const member of members.filter(({ name }) => /^word\/header\d{0,3}\.xml$/.test(name)).slice(0, 20)) {
    const bytes = await member.bytes()
    if (bytes !== undefined) headers.push(bytes)
  }
  const properties = await find('docProps/core.xml')
  const title = properties === undefined ? undefined : firstText(properties, 'title')
  return {
    texts: [...headers.map(paragraphs), paragraphs(body)].filter((text) => text.trim() !== ''),
    names: title === undefined || title === '' ? [] : [title],
    unread: [],
  }
}

function paragraphs(xml: Buffer): string {
  let text = ''
  let isText = false
  const end = (): void => {
    if (text.trim() !== '') throw new Enough()
  }
  walkXml(xml, {
    open(name, attributes) {
      if (name === 't') isText = true
      else if (name === 'tab') text += ' '
      else if (name === 'br' && attributes['type'] === 'page') end()
      else if (name === 'br' || name === 'cr') text += '\n'
      else if (name === 'lastRenderedPageBreak') end()
    },
    text(piece) {
      if (isText) text += piece
      if (text.length > MOST_CHARACTERS) throw new Enough()
    },
    close(name) {
      if (name === 't') isText = false
      else if (name === 'p' || name === 'tc') text += '\n'
    },
  })
  return text
}
