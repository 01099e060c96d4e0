import { securityNamespace } from '../../../../adapters/oa/soap/security.ts'
import { envelope, file, notice, NS, submit } from './soap.ts'

/** Requests up to the limit of a request, each of a shape that keeps some part of us busy. */

const LIMIT = 6 * 1024 * 1024

/** As much of it as a request may hold. */
const full = (piece: string, share = 1): string =>
  piece.repeat(Math.floor(((LIMIT - 4096) * share) / Buffer.byteLength(piece)))
const most = (piece: string, count: number): string =>
  piece.repeat(Math.min(count, Math.floor((LIMIT - 4096) / Buffer.byteLength(piece))))

const inText = (text: string): string => submit(notice({ more: `<text>${text}</text>` }))
const secured = (inside: string): string =>
  envelope(
    `<Status xmlns="${NS}"><id>1</id></Status>`,
    `<wsse:Security xmlns:wsse="${securityNamespace}">${inside}</wsse:Security>`,
  )

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
  'a security header': secured(most('<wsse:a>1</wsse:a>', 99_000)),
  'security tokens': secured(most('<wsse:UsernameToken/>', 99_000)),
  'a user name': secured(
    `<wsse:UsernameToken><wsse:Username>${full('&amp;', 0.9)}</wsse:Username></wsse:UsernameToken>`,
  ),
  'a nonce': secured(
    `<wsse:UsernameToken><wsse:Username>office</wsse:Username><wsse:Password>x</wsse:Password><wsse:Nonce>${full('QUJD', 0.9)}</wsse:Nonce></wsse:UsernameToken>`,
  ),
  'addresses of replies': envelope(
    `<Status xmlns="${NS}"><id>1</id></Status>`,
    most('<a:MessageID xmlns:a="http://www.w3.org/2005/08/addressing">urn:1</a:MessageID>', 99_000),
  ),
  'a title': submit(notice({})).replace(/<documentTitle>[^<]*/, `<documentTitle>${full('长')}`),
  unclosed: full('<a>'),
  'only opened tags': `<a>${full('<')}`,
}

const paras = (inside: string): string =>
  `<?xml version="1.0" encoding="gb2312"?><paras><DeptGuid>office</DeptGuid><电子公文 公文标识="E" 公文种类="通知"><公文体><主体><标题>关于A</标题>${inside}</主体></公文体></电子公文></paras>`
/** To the exchange centre of dialect A: a document within a text, so that its markup comes escaped. */
export const WORST_PARAS: Readonly<Record<string, string>> = {
  'small elements within a text': paras('<a/>'.repeat(99_000)),
  'recipients within a text': paras(`<主送机关>${full('市政府办公室;', 0.9)}</主送机关>`),
  'a text within a text': paras(`<正文>${full('防汛', 0.9)}</正文>`),
  'references within a text': paras(`<正文>${full('&amp;', 0.4)}</正文>`),
  'a file within a text': paras(
    `<正文><版式文件 文件名="a.ceb" 编码方式="BASE64">${full('QUJD', 0.9)}</版式文件></正文>`,
  ),
  'files within a text': paras(
    `<正文>${'<版式文件 文件名="a.ceb" 编码方式="BASE64">QUJD</版式文件>'.repeat(10_000)}</正文>`,
  ),
  'attributes within a text': paras(`<a b="${full('x ', 0.9)}"/>`),
  'opened tags within a text': full('<', 0.2),
  'brackets within a text': full(']]>', 0.3),
}
