import { YizhanError } from '../../errors/error.ts'
import { decodeBase64 } from '../xml/base64.ts'
import type { XmlElement } from '../xml/element.ts'
import type { ValuePlan } from './plan.ts'
import type { Values } from './port.ts'
import { marked } from './problems.ts'
import type { ReadRun } from './read-run.ts'

/** XML-binary Optimized Packaging (W3C, 2005), section 2.1: the bytes came beside the XML. */
const xop = 'http://www.w3.org/2004/08/xop/include'

/** Lower-case hex digits of each algorithm's digest. */
const digests: ReadonlyMap<string, number> = new Map([
  ['sha256', 64],
  ['sm3', 64],
  ['md5', 32],
])

/** Stands for content that is wrong and has been reported: nothing more is to be said about it. */
const unreadable = Buffer.alloc(0)

/** The bytes of a content element: base64 inline, or an attachment that an xop:Include names. */
export function readContent(element: XmlElement, plan: ValuePlan, run: ReadRun): Buffer {
  const include = element.children.find((child) => child.local === 'Include' && child.uri === xop)
  if (include !== undefined) {
    const bytes = attachedBytes(run, include.attributes.get('href') ?? '')
    if (bytes === undefined)
      run.fail(
        plan.path,
        undefined,
        'xop:Include 所指的附件未收到 / the attachment that xop:Include names did not arrive',
      )
    return bytes ?? unreadable
  }
  const [stray] = element.children
  if (stray !== undefined) {
    run.fail(plan.path, stray.local, '只能是 Base64 / base64 only')
    return unreadable
  }
  if (run.links !== undefined) return unreadable
  try {
    return decodeBase64(element.body ?? element.text)
  } catch (error) {
    if (!(error instanceof YizhanError)) throw error
    // Only where and why: never what stood there.
    run.fail(plan.path, undefined, `${error.facts.field ?? ''}: ${error.facts.detail ?? 'Base64'}`)
    return unreadable
  }
}

/**
 * What the fields of one file must agree on, once all of them are read. `file.link` leads to bytes that came beside the
 * XML.
 */
export function finishFile(item: Values, run: ReadRun, sizePath: string | undefined): void {
  const beside = item['file.beside']
  if (beside !== undefined) {
    item['file.name'] ??= beside
    item['file.link'] ??= beside
  }
  const name = fileName(item, run)
  const given = item['file.content'] as Buffer | undefined
  // Empty, and a file of that name came beside the XML: those are its bytes.
  if (given?.length === 0 && given !== unreadable && name !== undefined)
    item['file.content'] = run.attached?.get(name) ?? given
  const link = item['file.link'] as string | undefined
  if (link !== undefined && item['file.content'] === undefined) {
    if (run.links !== undefined) run.links.push({ href: link, name: name ?? link })
    else item['file.content'] = attachedBytes(run, link) ?? (name === undefined ? undefined : attachedBytes(run, name))
  }
  const content = item['file.content'] as Buffer | undefined
  if (run.links !== undefined || content === unreadable) return
  if (content === undefined) {
    // Without an address there is a required element missing, which has been reported.
    if (link !== undefined) run.fail('', name, '没有收到文件内容 / the file’s bytes did not arrive')
    return
  }
  const size = item['file.size']
  if (sizePath !== undefined && typeof size === 'number' && size !== content.length)
    run.fail(sizePath, String(size), `实际 ${content.length} 字节 / has ${content.length} bytes`)
  const digest = item['file.digest'] as string | undefined
  if (digest !== undefined && !isDigest(digest))
    run.fail('', digest, '摘要须为 sha256:、sm3: 或 md5: 加十六进制 / a digest is sha256:, sm3: or md5: and hex digits')
}

function fileName(item: Values, run: ReadRun): string | undefined {
  const given = item['file.name'] as string | undefined
  if (given === undefined) return undefined
  if (marked(given)) run.problems.suspect()
  const name = run.tolerate.filePaths
    ? given.slice(Math.max(given.lastIndexOf('/'), given.lastIndexOf('\\')) + 1).trim()
    : given
  if (name !== given) run.note('file-path', '')
  // eslint-disable-next-line no-control-regex
  if (name === '' || name === '.' || name === '..' || /[/\\\u0000-\u001f\u007f]/.test(name)) {
    run.fail(
      '',
      given,
      '文件名不得为空，不得含路径或控制字符 / a file name is not empty and has no path or control characters',
    )
    return undefined
  }
  item['file.name'] = name
  return name
}

function attachedBytes(run: ReadRun, href: string): Buffer | undefined {
  return (
    run.attached?.get(href) ??
    run.attached?.get(href.replace(/^cid:/, '')) ??
    (run.links === undefined ? undefined : Buffer.alloc(0))
  )
}

function isDigest(text: string): boolean {
  const colon = text.indexOf(':')
  const hex = text.slice(colon + 1)
  return digests.get(text.slice(0, colon).toLowerCase()) === hex.length && /^[0-9a-f]+$/i.test(hex)
}
