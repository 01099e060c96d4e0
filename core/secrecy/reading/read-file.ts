import { readDocx } from './docx.ts'
import { readOfd } from './ofd.ts'
import { readPdf } from './pdf.ts'
import { readPlainText } from './plain-text.ts'
import { MOST_CHARACTERS, unreadable, type Reading } from './port.ts'
import { formOf } from './sniff.ts'
import { walkXml } from './xml-text.ts'
import { openZip, type ZipMember } from './zip.ts'

/** So many members of an archive are read; an archive in an archive is not. */
const MOST_MEMBERS = 50

/** Reads whatever it is, by its bytes. Runs in the worker: it may take long, and take the worker along. */
export async function readFile(bytes: Buffer, depth = 0): Promise<Reading> {
  const form = formOf(bytes)
  if (form === 'text') return readPlainText(bytes)
  if (form === 'pdf') return readPdf(bytes)
  if (form !== 'zip') return unreadable(form.unread)
  let members: readonly ZipMember[]
  try {
    members = await openZip(bytes)
  } catch {
    return unreadable('损坏或过大的压缩包 / a damaged or oversized archive')
  }
  const has = (name: string): boolean => members.some((member) => member.name === name)
  if (has('OFD.xml')) return readOfd(members)
  if (has('word/document.xml')) return readDocx(members)
  if (has('[Content_Types].xml')) return readOffice(members)
  return depth > 0 ? unreadable('压缩包中的压缩包 / an archive in an archive') : readArchive(members)
}

/** Sheets and slides: their shared strings and the first slide, as one text. */
async function readOffice(members: readonly ZipMember[]): Promise<Reading> {
  const wanted = members.filter(({ name }) => /^(?:xl\/sharedStrings|ppt\/slides\/slide1)\.xml$/.test(name))
  if (wanted.length === 0) return unreadable('没有可读文字的 Office 文件 / an Office file without readable text')
  const texts: string[] = []
  for (const member of wanted) {
    const bytes = await member.bytes()
    if (bytes === undefined) continue
    let text = ''
    walkXml(bytes, {
      text: (piece) => {
        if (text.length < MOST_CHARACTERS) text += piece
      },
      close: (name) => {
        if (name === 'si' || name === 'p') text += '\n'
      },
    })
    texts.push(text)
  }
  return { texts, names: [], unread: [] }
}

async function readArchive(members: readonly ZipMember[]): Promise<Reading> {
  const texts: string[] = []
  const names: string[] = []
  const unread: string[] = []
  for (const [at, member] of members.entries()) {
    const name = member.name.slice(member.name.lastIndexOf('/') + 1)
    names.push(name)
    const bytes = member.encrypted || at >= MOST_MEMBERS ? undefined : await member.bytes()
    if (bytes === undefined) {
      unread.push(
        member.encrypted ? '加密的压缩包 / an encrypted archive' : '压缩包内的大文件 / a large member of an archive',
      )
      continue
    }
    if (bytes.length === 0) continue
    const inner = await readFile(bytes, 1)
    texts.push(...inner.texts)
    names.push(...inner.names)
    unread.push(...inner.unread)
  }
  return { texts, names, unread: [...new Set(unread)] }
}
