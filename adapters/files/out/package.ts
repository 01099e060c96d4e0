import type { House } from '../../../core/adapter/port.ts'
import type { OaDraft } from '../../../core/door/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { CompiledProfile, ParsedCsv, ParsedJson, ParsedRow } from '../../../core/mapping/profile/port.ts'
import { SYNTAXES, type Syntax } from '../../../core/mapping/profile/schema.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { openZip, type ZipMember } from '../../../core/secrecy/reading/zip.ts'
import { inTurns, type Steps } from '../../../core/util/turns.ts'
import { asRefusal, noteQuirks, withUnread } from '../../kit/exchange/drafts.ts'
import type { Caller } from '../../kit/exchange/caller.ts'

/** What was given as one: an XML or JSON, and the files that lie beside it. */
export interface Package {
  readonly draft: OaDraft
  readonly form: string
  /** the XML or JSON as it came; of a list, its header and this row */
  readonly bytes: Buffer
  readonly syntax: Syntax
  /** names of the files beside it that it takes */
  readonly used: readonly string[]
}

/** So many bytes more are held in memory; throws where there is no room. */
export type Hold = (bytes: number) => void

/** Files that lie where the XML lies, by name: bytes of those that are whole. */
export type Beside = (names: readonly string[], hold: Hold) => Promise<ReadonlyMap<string, Buffer>>

/** What says all: a file of its own, or the only one of its kind in a ZIP. */
export interface OpenedFile {
  readonly name: string
  readonly bytes: Buffer
  readonly syntax: Syntax
  readonly beside: Beside
  /** names of all that lies beside it, where nothing else may */
  readonly all?: readonly string[]
}

export interface PackageReading {
  readonly house: Pick<House, 'clock' | 'emit'>
  readonly caller: Caller
  readonly profile: CompiledProfile
  readonly hold: Hold
}

/** A text or attribute of more characters names no file. */
const MOST_NAME = 300

/**
 * Reads an XML or JSON with the files beside it that it names: as `xop:Include`, or by the name of a file whose content
 * is empty. Books nothing. FILES_FORMAT, FILES_MISSING, or what the profile refuses.
 */
export async function readPackage(
  reading: PackageReading,
  { name, bytes, syntax, beside, all }: OpenedFile,
): Promise<Package> {
  const { profile, house, caller, hold } = reading
  const { element, quirks, form } = await parsed(profile, syntax, bytes)
  if (form === undefined)
    throw new YizhanError('FILES_FORMAT', {
      value: `${name} <${element.local.slice(0, 60)}>`,
      rule: `方言 ${profile.id} 的根元素 / root elements of profile ${profile.id}: ${profile.forms.join(', ')}`,
    })
  const attached = await beside([...mentionedIn(element)], hold)
  const missing = includesIn(element).find((href) => !attached.has(href))
  if (missing !== undefined) throw new YizhanError('FILES_MISSING', { value: missing })
  const read = readForm(profile, form, element, attached)
  const draft = withUnread(read.draft, read.unread)
  const empty = draft.files?.find(({ bytes }) => bytes.length === 0)
  if (empty !== undefined) throw new YizhanError('FILES_MISSING', { value: empty.name })
  noteQuirks(house, caller, [...quirks, ...read.quirks])
  const taken = new Set(draft.files?.map(({ bytes }) => bytes))
  const used = [...attached].flatMap(([file, bytes]) => (taken.has(bytes) ? [file] : []))
  checkNamed(all, new Set(used))
  return { draft, form, bytes, syntax, used }
}

/** Reads a CSV list; nothing of its rows but how many there are. Rejects as `readPackage`. */
export async function readList(
  { profile, hold }: PackageReading,
  { name, bytes, all }: Pick<OpenedFile, 'name' | 'bytes' | 'all'>,
): Promise<ParsedCsv> {
  // Beside the bytes, its text and its cells.
  hold(bytes.length * 4)
  const list = await inTurns(profile.parseCsv(bytes))
  if (list.rows.length === 0)
    throw new YizhanError('FILES_FORMAT', { value: name, rule: '至少一行数据 / at least one row' })
  if (all !== undefined) checkNamed(all, await inTurns(namedIn(profile, list)))
  return list
}

function* namedIn(profile: CompiledProfile, { form, rows }: ParsedCsv): Steps<ReadonlySet<string>> {
  const names = new Set<string>()
  for (const { element } of rows) {
    for (const { href } of profile.links(form, element)) names.add(href)
    yield
  }
  return names
}

/** Reads a row of a list, with the files that it names. Rejects as `readPackage`. */
export async function readRow(
  { profile, house, caller, hold }: PackageReading,
  { form, head }: ParsedCsv,
  { element, text }: ParsedRow,
  beside: Beside,
): Promise<Package> {
  const links = profile.links(form, element)
  const attached =
    links.length === 0
      ? new Map<string, Buffer>()
      : await beside(
          links.map(({ href }) => href),
          hold,
        )
  const missing = links.find(({ href }) => (attached.get(href)?.length ?? 0) === 0)
  if (missing !== undefined) throw new YizhanError('FILES_MISSING', { value: missing.name })
  const read = readForm(profile, form, element, attached)
  noteQuirks(house, caller, read.quirks)
  const bytes = Buffer.from(`${head}\r\n${text}\r\n`)
  return { draft: withUnread(read.draft, read.unread), form, bytes, syntax: 'csv', used: [...attached.keys()] }
}

function checkNamed(all: readonly string[] | undefined, named: ReadonlySet<string>): void {
  const unnamed = all?.find((file) => !named.has(file))
  if (unnamed !== undefined) throw new YizhanError('FILES_UNNAMED', { value: unnamed })
}

async function parsed(profile: CompiledProfile, syntax: Syntax, bytes: Buffer): Promise<ParsedJson> {
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

/** A file of its own, by its ending. */
export function openFile(name: string, bytes: Buffer, beside: Beside): OpenedFile {
  return { name, bytes, syntax: syntaxOf(name), beside }
}

/** Opens a ZIP that holds an XML, JSON or CSV and all the files that it names, and nothing else. FILES_FORMAT */
export async function openZipFile(reading: PackageReading, name: string, bytes: Buffer): Promise<OpenedFile> {
  const members = await openZip(bytes).catch((cause: unknown) => {
    throw new YizhanError('FILES_FORMAT', { value: name, rule: '完整的 ZIP / a whole ZIP' }, { cause })
  })
  const main = mainOf(members, name, reading.profile.syntaxes)
  if (main === undefined)
    throw new YizhanError('FILES_FORMAT', {
      value: name,
      rule: '恰有一个 XML、JSON 或 CSV，或其一与 ZIP 同名 / one XML, JSON or CSV in it, or one of the ZIP’s own name',
    })
  const contents = new Map<string, Buffer>()
  for (const member of members) {
    if (member === main) continue
    const inflated = await bytesOf(member, name)
    reading.hold(inflated.length)
    contents.set(baseName(member.name), inflated)
  }
  const beside: Beside = (names) =>
    Promise.resolve(
      new Map(
        names.flatMap((one) => {
          const content = contents.get(one)
          return content === undefined ? [] : [[one, content] as const]
        }),
      ),
    )
  return {
    ...openFile(baseName(main.name), await bytesOf(main, name), beside),
    all: [...contents.keys()],
  }
}

function syntaxOf(name: string): Syntax {
  return SYNTAXES.find((one) => name.toLowerCase().endsWith(`.${one}`)) ?? 'xml'
}

function mainOf(members: readonly ZipMember[], zip: string, syntaxes: readonly Syntax[]): ZipMember | undefined {
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
