import { envelope, file, notice, NS, submit } from './soap.ts'

/** Requests up to the limit of a request, each of a shape that keeps some part of us busy. */

const LIMIT = 6 * 1024 * 1024

/** As much of it as a request may hold. */
const full = (piece: string, share = 1): string =>
  piece.repeat(Math.floor(((LIMIT - 4096) * share) / Buffer.byteLength(piece)))
const most = (piece: string, count: number): string =>
  piece.repeat(Math.min(count, Math.floor((LIMIT - 4096) / Buffer.byteLength(piece))))

const inText = (text: string): string => submit(notice({ more: `<text>${text}</text>` }))
/** To our own service, UTF-8. */
export const WORST: Readonly<Record<string, string>> = {
  'small elements': submit(notice({ more: most('<a>b</a>', 99_900) })),
  'small elements with long names': submit(notice({ more: most(`<${'n'.repeat(25)}>b</${'n'.repeat(25)}>`, 99_900) })),
  'elements with attributes': submit(notice({ more: most('<a b="1" c="2" d="&lt;"/>', 60_000) })),
  'elements within elements': submit(notice({ more: most(`${'<a>'.repeat(50)}b${'</a>'.repeat(50)}`, 1_990) })),
  namespaces: submit(notice({ more: most('<p:a xmlns:p="urn:x" xmlns:q="urn:y"/>', 90_000) })),
  'a list': submit(notice({ more: `<topicWords>${most('<topicWord>防汛</topicWord>', 99_900)}</topicWords>` })),
  recipients: submit(notice({ more: `<to>${most('<unit>office</unit>', 99_900)}</to>` })),
  files: submit(notice({ files: most(file('a.txt', Buffer.from('x')), 24_000) })),
  'one file': submit(notice({ files: file('a.bin', Buffer.alloc(3 * 1024 * 1024, 7)) })),
  'files of 4 kB': submit(notice({ files: most(file('a.bin', Buffer.alloc(3_200, 7)), 24_000) })),
  text: inText(full('防汛抗旱')),
  'text of lines': inText(full('第一行\n')),
  'text of entities': inText(full('&lt;')),
  'text of references': inText(full('&#38;')),
  'text among elements': inText(full('a&amp;', 0.9) + '<b/>'),
  'text in CDATA': inText(`<![CDATA[${full('a&b')}]]>`),
  'text of brackets': inText(full(']]')),
  comments: submit(notice({ more: full('<!--x-->') })),
  'one comment': submit(notice({ more: `<!--${full('x- ')}-->` })),
  instructions: submit(notice({ more: full('<?x y?>') })),
  'an attribute': submit(notice({ more: `<a b="${full('x&amp; ')}"/>` })),
  'broken base64': submit(notice({ files: file('a.bin', Buffer.from('x')).replace('eA==', full('QUJD') + '!') })),
  blanks: submit(notice({ more: full('\n ') })),
  'carriage returns': inText(full('\r')),
  'line feeds': inText(full('\n')),
  'line ends': inText(full('\r\n')),
  stars: inText(full('★')),
  'words of secrecy': inText(full('机密')),
  'lines of secrecy': inText(full('机 密x\n')),
  'many headers': envelope(`<Status xmlns="${NS}"><id>1</id></Status>`, most('<h xmlns="urn:x">1</h>', 99_000)),
  'a title': submit(notice({})).replace(/<documentTitle>[^<]*/, `<documentTitle>${full('长')}`),
  unclosed: full('<a>'),
  'only opened tags': `<a>${full('<')}`,
}
