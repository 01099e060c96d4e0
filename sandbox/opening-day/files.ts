import { crc32, deflateSync } from 'node:zlib'
import type { Random } from './random.ts'

/**
 * Files as offices send them: small, valid, of the sandbox's own bytes. What follows from the seed tells each from all
 * others.
 */

/**
 * A one-page PDF (ISO 32000-1) of Chinese lines; `bytes` of noise, as a scan would have, stand in a stream beside the
 * page.
 */
export function pdfOf(lines: readonly string[], random: Random, bytes: number): Buffer {
  // No font is embedded: the predefined CMap tells readers which characters these are (9.7.5.2).
  const text = lines
    .map((line, at) => `${at === 0 ? '22' : '14'} TL /F1 ${at === 0 ? 18 : 12} Tf <${utf16(line)}> Tj T*`)
    .join('\n')
  const content = Buffer.from(`BT 72 760 Td\n${text}\nET`)
  const noise = random.bytes(bytes)
  return assemble([
    ['<< /Type /Catalog /Pages 2 0 R >>'],
    ['<< /Type /Pages /Kids [3 0 R] /Count 1 >>'],
    [
      '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 5 0 R >> >> /Contents 4 0 R /PieceInfo << /Sandbox << /LastModified (D:20110601) /Private 8 0 R >> >> >>',
    ],
    [`<< /Length ${content.length} >>`, content],
    ['<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H /DescendantFonts [6 0 R] >>'],
    [
      '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 /FontDescriptor 7 0 R >>',
    ],
    [
      '<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>',
    ],
    [`<< /Length ${noise.length} >>`, noise],
  ])
}

type PdfObject = readonly [dictionary: string, stream?: Buffer]

/** Objects 1, 2, …, of which the first is the catalog. */
function assemble(objects: readonly PdfObject[]): Buffer {
  const parts: Buffer[] = [Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1')]
  let at = parts[0]?.length ?? 0
  const offsets = objects.map(([dictionary, stream], n) => {
    const start = at
    const body = stream === undefined ? [] : [Buffer.from('\nstream\n'), stream, Buffer.from('\nendstream')]
    const object = Buffer.concat([Buffer.from(`${n + 1} 0 obj\n${dictionary}`), ...body, Buffer.from('\nendobj\n')])
    parts.push(object)
    at += object.length
    return start
  })
  const table = ['0000000000 65535 f ', ...offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n `)]
  const trailer = `trailer\n<< /Size ${table.length} /Root 1 0 R >>\nstartxref\n${at}\n%%EOF\n`
  return Buffer.concat([...parts, Buffer.from(`xref\n0 ${table.length}\n${table.join('\n')}\n${trailer}`)])
}

function utf16(text: string): string {
  return Buffer.from(text, 'utf16le').swap16().toString('hex')
}

const SHEET = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
const RELATIONS = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
const PACKAGE = 'http://schemas.openxmlformats.org/package/2006'
const TYPES = 'application/vnd.openxmlformats-officedocument.spreadsheetml'

/** A workbook (ECMA-376) of one sheet with one column; the texts need no escapes. */
export function sheetOf(cells: readonly string[]): Buffer {
  const relations = (type: string, ids: readonly (readonly [target: string, type: string])[]): string =>
    `<Relationships xmlns="${PACKAGE}/relationships">${ids
      .map(([target, kind], at) => `<Relationship Id="rId${at + 1}" Type="${type}/${kind}" Target="${target}"/>`)
      .join('')}</Relationships>`
  const override = (part: string, type: string): string =>
    `<Override PartName="/xl/${part}.xml" ContentType="${TYPES}.${type}+xml"/>`
  const rows = cells.map((_, at) => `<row r="${at + 1}"><c r="A${at + 1}" t="s"><v>${at}</v></c></row>`).join('')
  return zipOf({
    '[Content_Types].xml': `<Types xmlns="${PACKAGE}/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>${override('workbook', 'sheet.main')}${override('worksheets/sheet1', 'worksheet')}${override('sharedStrings', 'sharedStrings')}</Types>`,
    '_rels/.rels': relations(RELATIONS, [['xl/workbook.xml', 'officeDocument']]),
    'xl/workbook.xml': `<workbook xmlns="${SHEET}" xmlns:r="${RELATIONS}"><sheets><sheet name="任务分解" sheetId="1" r:id="rId1"/></sheets></workbook>`,
    'xl/_rels/workbook.xml.rels': relations(RELATIONS, [
      ['worksheets/sheet1.xml', 'worksheet'],
      ['sharedStrings.xml', 'sharedStrings'],
    ]),
    'xl/worksheets/sheet1.xml': `<worksheet xmlns="${SHEET}"><sheetData>${rows}</sheetData></worksheet>`,
    'xl/sharedStrings.xml': `<sst xmlns="${SHEET}">${cells.map((text) => `<si><t>${text}</t></si>`).join('')}</sst>`,
  })
}

/** Stored members, ASCII names, no dates (APPNOTE 4.3). */
function zipOf(members: Readonly<Record<string, string>>): Buffer {
  const [bodies, entries]: [Buffer[], Buffer[]] = [[], []]
  let at = 0
  for (const [name, xml] of Object.entries(members)) {
    const content = Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${xml}`)
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    // 1980-01-01, the format's first day
    common.writeUInt16LE(0x21, 8)
    common.writeUInt32LE(crc32(content), 10)
    common.writeUInt32LE(content.length, 14)
    common.writeUInt32LE(content.length, 18)
    common.writeUInt16LE(name.length, 22)
    const body = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), content])
    const place = Buffer.alloc(14)
    place.writeUInt32LE(at, 10)
    entries.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\0'), common, place, Buffer.from(name)]))
    bodies.push(body)
    at += body.length
  }
  const directory = Buffer.concat(entries)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(entries.length, 4)
  end.writeUInt16LE(entries.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(at, 12)
  return Buffer.concat([...bodies, directory, Buffer.from('PK\x05\x06'), end])
}

/** A grey PNG of `side` × `side` pixels. */
export function photoOf(side: number, random: Random): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    const body = Buffer.concat([Buffer.from(type), data])
    length.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc32(body))
    return Buffer.concat([length, body, sum])
  }
  const header = Buffer.alloc(13)
  header.writeUInt32BE(side, 0)
  header.writeUInt32BE(side, 4)
  header[8] = 8
  const rows = Array.from({ length: side }, () => Buffer.concat([Buffer.alloc(1), random.bytes(side)]))
  return Buffer.concat([
    Buffer.from('89504e470d0a1a0a', 'hex'),
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Buffer.concat(rows))),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
