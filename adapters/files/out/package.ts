import type { House } from '../../../core/adapter/port.ts'
import type { OaDraft } from '../../../core/door/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { CompiledProfile, ParsedJson } from '../../../core/mapping/profile/port.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { openZip, type ZipMember } from '../../../core/secrecy/reading/zip.ts'
import { inTurns } from '../../../core/util/turns.ts'
import { asRefusal, noteQuirks, withUnread } from '../../kit/exchange/drafts.ts'
import type { Caller } from '../../kit/exchange/caller.ts'

/** What was given as one: an XML or JSON, and the files that lie beside it. */
export interface Package {
  readonly draft: OaDraft
  readonly form: string
  /** the XML or JSON as it came */
  readonly bytes: Buffer
  readonly syntax: 'xml' | 'json'
  /** names of the files beside it that it takes */
  readonly used: readonly string[]
}

/** Files that lie where the XML lies, by name: bytes of those that are whole. */
export type Beside = (names: readonly string[]) => Promise<ReadonlyMap<string, Buffer>>

export interface PackageReading {
  readonly house: Pick<House, 'clock' | 'emit'>
  readonly caller: Caller
  readonly profile: CompiledProfile
  /** so many bytes more are held in memory; rejects where there is no room */
  readonly hold: (bytes: number) => void
}

/** A text or attribute of more characters names no file. */
const MOST_NAME = 300

/**
 * Reads an XML or JSON with the files beside it that it names: as `xop:Include`, or by the name of a file whose content
 * is empty. Books nothing. FILES_FORMAT, FILES_MISSING, or what the profile refuses.
 */
export async function readPackage(
  reading: PackageReading,
  name: string,
  bytes: Buffer,
  beside: Beside,
): Promise<Package> {
  const { profile, house, caller } = reading
  const syntax = /\.json$/i.test(name) ? 'json' : 'xml'
  const { element, quirks, form } = await parsed(profile, syntax, bytes)
  if (form === undefined)
    throw new YizhanError('FILES_FORMAT', {
      value: `${name} <${element.local.slice(0, 60)}>`,
      rule: `方言 ${profile.id} 的根元素 / root elements of profile ${profile.id}: ${profile.forms.join(', ')}`,
    })
  const attached = await beside([...mentionedIn(element)])
  const missing = includesIn(element).find((href) => !attached.has(href))
  if (missing !== undefined) throw new YizhanError('FILES_MISSING', { value: missing })
  const read = readForm(profile, form, element, attached)
  const draft = withUnread(read.draft, read.unread)
  const empty = draft.files?.find(({ bytes }) => bytes.length === 0)
  if (empty !== undefined) throw new YizhanError('FILES_MISSING', { value: empty.name })
  noteQuirks(house, caller, [...quirks, ...read.quirks])
  const taken = new Set(draft.files?.map(({ bytes }) => bytes))
  const used = [...attached].flatMap(([file, bytes]) => (taken.has(bytes) ? [file] : []))
  return { draft, form, bytes, syntax, used }
}

async function parsed(profile: CompiledProfile, syntax: Package['syntax'], bytes: Buffer): Promise<ParsedJson> {
  if (syntax === 'json') return inTurns(profile.parseJson(bytes))
  const { element, quirks } = await inTurns(profile.parse(bytes))
  return { element, quirks, form: profile.formOf(element) }
}

function readForm(
  profile: CompiledProfile,
  form: string,
  element: XmlElement,
  attached: ReadonlyMap<string, Buffer>,
): ReturnType<CompiledProfile['read']> {
  try {
    return profile.read(form, element, { attached })
  } catch (thrown) {
    throw asRefusal(thrown)
  }
}

/** Reads a ZIP that holds an XML or JSON and all the files that it names, and nothing else. */
export async function readZipPackage(reading: PackageReading, name: string, bytes: Buffer): Promise<Package> {
  const members = await openZip(bytes).catch((cause: unknown) => {
    throw new YizhanError('FILES_FORMAT', { value: name, rule: '完整的 ZIP / a whole ZIP' }, { cause })
  })
  const main = mainOf(members, name, syntaxesOf(reading.profile))
  if (main === undefined)
    throw new YizhanError('FILES_FORMAT', {
      value: name,
      rule: '恰有一个 XML 或 JSON，或其一与 ZIP 同名 / one XML or JSON in it, or one of the ZIP’s own name',
    })
  const contents = new Map<string, Buffer>()
  for (const member of members) {
    if (member === main) continue
    const inflated = await bytesOf(member, name)
    reading.hold(inflated.length)
    contents.set(baseName(member.name), inflated)
  }
  const read = await readPackage(reading, baseName(main.name), await bytesOf(main, name), () =>
    Promise.resolve(contents),
  )
  const unnamed = [...contents.keys()].find((file) => !read.used.includes(file))
  if (unnamed !== undefined) throw new YizhanError('FILES_UNNAMED', { value: unnamed })
  return read
}

/** In which syntaxes a file of its own may be: the extensions of these. */
export function syntaxesOf({ syntaxes }: Pick<CompiledProfile, 'syntaxes'>): readonly Package['syntax'][] {
  return (['xml', 'json'] as const).filter((syntax) => syntaxes.includes(syntax))
}

function mainOf(
  members: readonly ZipMember[],
  zip: string,
  syntaxes: readonly Package['syntax'][],
): ZipMember | undefined {
  const found = members.filter(({ name }) => syntaxes.some((one) => name.toLowerCase().endsWith(`.${one}`)))
  if (found.length <= 1) return found[0]
  const stem = baseName(zip)
    .replace(/\.zip$/i, '')
    .toLowerCase()
  return found.find(({ name }) => syntaxes.some((one) => baseName(name).toLowerCase() === `${stem}.${one}`))
}

async function bytesOf(member: ZipMember, zip: string): Promise<Buffer> {
  const bytes = await member.bytes()
  if (bytes !== undefined) return bytes
  throw new YizhanError('FILES_FORMAT', {
    value: `${baseName(zip)}: ${baseName(member.name)}`,
    rule: member.encrypted ? '不加密 / not encrypted' : '可以解压，且不超过上限 / inflates, and within the limit',
  })
}

function baseName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

/** Everything in it that may be the name of a file. */
function mentionedIn(element: XmlElement, found = new Set<string>()): Set<string> {
  const add = (text: string): void => {
    const name = text.trim().replace(/^cid:/, '')
    if (name !== '' && name.length <= MOST_NAME) found.add(name)
  }
  if (element.body === undefined) add(element.text)
  for (const value of element.attributes.values()) add(value)
  for (const child of element.children) mentionedIn(child, found)
  return found
}

/** W3C XML-binary Optimized Packaging, 2.1 */
const XOP = 'http://www.w3.org/2004/08/xop/include'

function includesIn(element: XmlElement): string[] {
  const own = element.local === 'Include' && element.uri === XOP ? [element.attributes.get('href') ?? ''] : []
  return [...own.map((href) => href.replace(/^cid:/, '')), ...element.children.flatMap((child) => includesIn(child))]
}
