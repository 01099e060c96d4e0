import { zipOf, type ZipEntry } from './zip.ts'

/** Small papers of the formats that offices exchange, with these lines on their first page. */

const escape = (text: string): string => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`)

/** @param more further parts, such as a page header */
export function docxOf(lines: readonly string[], more: readonly ZipEntry[] = []): Buffer {
  const ns = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
  // A run ends inside words, as editors leave them.
  const runs = (line: string) =>
    Array.from(
      line,
      (character) => `<w:r><w:rPr><w:b/></w:rPr><w:t xml:space="preserve">${escape(character)}</w:t></w:r>`,
    )
  return zipOf([
    {
      name: '[Content_Types].xml',
      bytes: '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>',
    },
    {
      name: 'word/document.xml',
      bytes: `<?xml version="1.0" encoding="UTF-8"?><w:document ${ns}><w:body>${lines.map((line) => `<w:p>${runs(line).join('')}</w:p>`).join('')}</w:body></w:document>`,
    },
    ...more,
  ])
}

export function docxHeader(line: string): ZipEntry {
  return {
    name: 'word/header1.xml',
    bytes: `<w:hdr xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:p><w:r><w:t>${escape(line)}</w:t></w:r></w:p></w:hdr>`,
  }
}

export function ofdOf(lines: readonly string[], template: readonly string[] = []): Buffer {
  const ns = 'xmlns:ofd="http://www.ofdspec.org/2016"'
  // A code for every character, each at its own place.
  const page = (texts: readonly string[]) =>
    `<ofd:Page ${ns}><ofd:Content><ofd:Layer ID="1">${texts
      .map((text, line) =>
        Array.from(
          text,
          (character, at) =>
            `<ofd:TextObject ID="${line * 100 + at + 2}" Boundary="${20 + at * 6} ${20 + line * 10} 6 6" Font="1" Size="5"><ofd:TextCode X="0" Y="5">${escape(character)}</ofd:TextCode></ofd:TextObject>`,
        ).join(''),
      )
      .join('')}</ofd:Layer></ofd:Content></ofd:Page>`
  return zipOf([
    {
      name: 'OFD.xml',
      bytes: `<?xml version="1.0" encoding="UTF-8"?><ofd:OFD ${ns} DocType="OFD" Version="1.0"><ofd:DocBody><ofd:DocInfo><ofd:DocID>1</ofd:DocID></ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot></ofd:DocBody></ofd:OFD>`,
    },
    {
      name: 'Doc_0/Document.xml',
      bytes: `<ofd:Document ${ns}><ofd:CommonData><ofd:TemplatePage ID="9" BaseLoc="Tpls/Tpl_0/Content.xml"/></ofd:CommonData><ofd:Pages><ofd:Page ID="1" BaseLoc="Pages/Page_0/Content.xml"/></ofd:Pages></ofd:Document>`,
    },
    { name: 'Doc_0/Pages/Page_0/Content.xml', bytes: page(lines) },
    { name: 'Doc_0/Tpls/Tpl_0/Content.xml', bytes: page(template) },
  ])
}

/** @param font how the page's font says which characters its codes are */
export function pdfOf(
  lines: readonly string[],
  font: 'to-unicode' | 'unigb' | 'gbk' = 'to-unicode',
  gbk?: (text: string) => Buffer,
): Buffer {
  const hex = (text: string): string =>
    font === 'gbk' && gbk !== undefined
      ? gbk(text).toString('hex')
      : Buffer.from(text, 'utf16le').swap16().toString('hex')
  const content = `BT /F1 16 Tf 22 TL 72 760 Td ${lines.map((line) => `<${hex(line)}> Tj T*`).join(' ')} ET`
  const map =
    '/CIDInit /ProcSet findresource begin 12 dict begin begincmap 1 begincodespacerange <0000> <ffff> endcodespacerange 1 beginbfrange <0000> <ffff> <0000> endbfrange endcmap end end'
  const encoding = font === 'unigb' ? 'UniGB-UCS2-H' : font === 'gbk' ? 'GBK-EUC-H' : 'Identity-H'
  const objects = [
    '<< /Type /Catalog /Pages 2 0 R >>',
    '<< /Type /Pages /Kids [3 0 R] /Count 1 >>',
    '<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>',
    `<< /Length ${content.length} >>\nstream\n${content}\nendstream`,
    `<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /${encoding} /DescendantFonts [6 0 R] ${font === 'to-unicode' ? '/ToUnicode 7 0 R' : ''} >>`,
    '<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> /DW 1000 /FontDescriptor 8 0 R >>',
    `<< /Length ${map.length} >>\nstream\n${map}\nendstream`,
    '<< /Type /FontDescriptor /FontName /STSong-Light /Flags 4 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>',
  ]
  let text = '%PDF-1.4\n'
  const offsets: number[] = []
  objects.forEach((object, at) => {
    offsets.push(text.length)
    text += `${at + 1} 0 obj\n${object}\nendobj\n`
  })
  const start = text.length
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.map((offset) => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')}trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`
  return Buffer.from(text, 'latin1')
}
