import type { Message } from '../../message/schema.ts'
import type { Profile, WriteContext } from '../port.ts'
import type { CsvLine } from '../csv/read.ts'
import type { ElementPlan } from './plan.ts'
import type { ServedSoap } from './served.ts'
import type { Steps } from '../../util/turns.ts'
import type { XmlElement } from '../xml/element.ts'
import type { Syntax } from './schema.ts'

/**
 * Values of a form that is no message: a list, a status answer, a request for one item. Names are the profile's
 * `field`s.
 */
export interface FormRecord {
  readonly [field: string]: FormValue | undefined
}
export type FormValue = string | number | boolean | Buffer | readonly string[] | readonly FormRecord[]
/** The same while it is being filled. */
export type Values = Record<string, FormValue | undefined>

/** XML text or bytes as they came from a legacy system, and what had to be mended to parse them. */
export interface Parsed {
  readonly element: XmlElement
  readonly quirks: readonly string[]
}

/** JSON as it came: the element that it stands for, and the form that it has; undefined where it has none. */
export interface ParsedJson extends Parsed {
  readonly form: string | undefined
}

/** A CSV list as it came: its lines as the elements that they stand for, all of one form. */
export interface ParsedCsv {
  readonly form: string
  readonly header: readonly string[]
  /** the first line as it stands */
  readonly head: string
  readonly rows: readonly ParsedRow[]
}

export interface ParsedRow extends CsvLine {
  /** made anew each time: a long list is not to be held twice */
  readonly element: XmlElement
}

/** A file that a form names by address instead of carrying its bytes. */
export interface FileLink {
  readonly href: string
  readonly name: string
}

/**
 * A profile compiled from `config/profiles/<id>.yaml`. Forms of kind `record` are no messages: they are read and
 * written as plain values by `readRecord` and `writeRecord`, under the same rules and with the same errors.
 */
export interface CompiledProfile extends Profile {
  /** Names of the tolerations that the profile switches on. */
  readonly quirks: readonly string[]
  /** The SOAP service that the profile describes; its namespace is that of every element. */
  readonly soap: (ServedSoap & { readonly namespace: string }) | undefined
  /** A form's elements, for whoever describes it to others. */
  root(form: string): ElementPlan
  /**
   * Parses XML in steps, mending only what the profile's quirks allow. XML_… and ENCODING_… errors as `readXml` throws
   * them.
   */
  parse(source: string | Buffer): Steps<Parsed>
  /** In which syntaxes the dialect's documents come. */
  readonly syntaxes: readonly Syntax[]
  /**
   * Parses JSON in steps, and turns it into the element that the dialect sends in XML: members are elements (or
   * attributes), arrays are repeated elements, what wraps nothing but these is the array itself. The root's name does
   * not stand in it. What no XML can say, such as a number for a text, the reading of the element refuses.
   *
   * @param form the form that it has; without it, that of the only form of a draft, or `{"<root element>": …}` says
   * which. JSON_… and ENCODING_… errors.
   */
  parseJson(source: Buffer, form?: string): Steps<ParsedJson>
  /**
   * Parses a CSV list in steps: a line a document, each column the element of its name; cells of repeated elements are
   * separated by their `separator`. `links` tells the files that lie beside it. CSV_… and ENCODING_… errors;
   * PROFILE_FIELD for columns that are missing or that the dialect does not have, all at once.
   */
  parseCsv(source: Buffer): Steps<ParsedCsv>
  /** The form of a draft whose root element this is, for where nothing else says what it is; undefined: none. */
  formOf(element: XmlElement): string | undefined
  /** The files that `read` will look for in `attached`: fetch them first. */
  links(form: string, element: XmlElement): readonly FileLink[]
  /** Reads a form of any kind as plain values. PROFILE_FIELD as `read`. */
  readRecord(form: string, element: XmlElement): { readonly values: FormRecord; readonly quirks: readonly string[] }
  /** Writes a list: `items` are messages, by the fields that forms of messages have. As `writeRecord`. */
  writeList(
    form: string,
    values: FormRecord,
    items: readonly { readonly message: Message; readonly context: WriteContext }[],
    syntax?: 'json',
  ): Buffer[]
  /** Writes a form of kind `record`, in XML by default. PROFILE_FIELD where a value breaks the form's rules. */
  writeRecord(form: string, values: FormRecord, syntax?: 'json'): Buffer[]
}
