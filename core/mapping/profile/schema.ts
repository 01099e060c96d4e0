import { z } from 'zod'
import { DOCUMENT_FIELD_NAMES } from '../../message/document-fields.ts'
import { JSON_TYPES, VALUE_TYPES } from './fields.ts'
import { servedSchema } from './served.ts'

/**
 * The language of `config/profiles/<id>.yaml`. One description of a dialect reads and writes: each form is a tree of
 * elements and attributes that say which canonical field (`fields.ts`) stands there and how. Each key is declared once,
 * here.
 */

/** In which syntaxes a dialect's documents come. */
export const SYNTAXES = ['xml', 'json', 'csv'] as const
export type Syntax = (typeof SYNTAXES)[number]

/** Of an element, a member or a column; what XML asks of it beyond that, the planner holds. */
const name = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^\p{C}]*$/u)

/** Keys that elements with text and attributes share. */
const valueKeys = {
  field: z.string().optional().describe('canonical field read from here and written here'),
  read: z.string().optional().describe('field read from here, where it is not the one written'),
  write: z.string().optional().describe('field written here, where it is not the one read'),
  type: z.enum(VALUE_TYPES).optional().describe('how the value looks; by default as the field says, in records text'),
  table: z.string().optional().describe('code table of `config/codes/` for type code'),
  accept: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'formats of dates and instants that are read, tried in turn: yyyy-MM-dd, yyyy-M-d, yyyyMMdd, yyyy年M月d日, chinese (二〇一一年五月二十日), iso',
    ),
  format: z
    .string()
    .optional()
    .describe('format of dates and instants that is written; read as well. Patterns are Asia/Shanghai, iso is UTC'),
  separator: z.string().min(1).max(3).optional().describe('between items of type list, and between joined occurrences'),
  trueAs: z.array(z.string()).min(1).optional().describe('texts that mean true, the first is written'),
  falseAs: z.array(z.string()).min(1).optional().describe('texts that mean false, the first is written'),
  nulls: z.array(z.string()).optional().describe('texts that mean nothing here, beside those of the profile'),
  trim: z.boolean().default(true).describe('white space around the text does not count'),
  required: z.boolean().default(false).describe('must be there and not be empty, in both directions'),
  max: z
    .number()
    .int()
    .positive()
    .optional()
    .describe('longest text (UTF-16 units) or greatest integer; never beyond the canonical limit'),
  default: z.string().optional().describe('text that is written when the message has no value'),
  constant: z.string().optional().describe('text that is always written and not looked at when reading'),
  json: z
    .enum(JSON_TYPES)
    .optional()
    .describe('how it stands in JSON; by default an integer as number, a boolean as boolean, all else as string'),
  note: z.string().optional().describe('what the dialect means by it'),
}

export const attributeSchema = z.strictObject({ attribute: name, ...valueKeys })
export type AttributeNode = z.infer<typeof attributeSchema>

const elementKeys = z.strictObject({
  element: name.optional().describe('local name; absent only beside `use`'),
  namespace: z.string().optional().describe('namespace name where it is not that of the element around it'),
  use: z
    .string()
    .optional()
    .describe('a fragment to take the place of this node; keys given here win over the fragment’s'),
  ...valueKeys,
  repeat: z
    .enum(['first', 'join', 'list'])
    .optional()
    .describe(
      'several occurrences of a text: only the first counts, they are joined with `separator`, or each is an item of a list field',
    ),
  each: z
    .string()
    .optional()
    .describe('a repeated part, one occurrence an item: to, cc, files, or in records any list'),
  where: z
    .record(z.string(), z.string())
    .optional()
    .describe('with `each`: fields that all items here have, such as file.role: main; only those items are written'),
  attributes: z.array(attributeSchema).default([]),
  only: z.enum(['read', 'write']).optional().describe('left out in the other direction'),
  kind: z
    .enum(['document', 'receipt', 'return', 'withdrawal', 'reply', 'outcome'])
    .optional()
    .describe('stands for messages of this kind only, and tells the kind when reading'),
  keep: z.boolean().default(false).describe('written even when it is empty'),
  base: z.boolean().default(false).describe('paths in errors begin below this element'),
})
export type ElementNode = z.infer<typeof elementKeys> & { readonly children?: readonly ElementNode[] | undefined }
const elementSchema: z.ZodType<ElementNode> = elementKeys.extend({
  children: z.lazy(() => z.array(elementSchema)).optional(),
})

export const formSchema = z.strictObject({
  kind: z
    .enum(['document', 'receipt', 'return', 'withdrawal', 'reply', 'act', 'item', 'record'])
    .describe('what it carries: one kind of message; any act; any message; or a record of plain values'),
  only: z.enum(['read', 'write']).optional().describe('a form for one direction'),
  note: z.string().optional(),
  root: elementSchema,
})
export type FormNode = z.infer<typeof formSchema>

export const quirksSchema = z.strictObject({
  unescapedAmpersand: z.boolean().default(false).describe('& that begins no reference is taken as &amp;'),
  doubledEndTags: z.array(z.string()).default([]).describe('elements whose end tag may stand twice'),
  declaredEncoding: z
    .boolean()
    .default(false)
    .describe('the XML declaration may name another encoding (gb2312, the typo gb2313) than the one that is used'),
  missingNamespace: z.boolean().default(false).describe('elements without any namespace are taken for the dialect’s'),
  foreignNamespace: z.boolean().default(false).describe('elements may stand in any namespace'),
  trailingSeparator: z.boolean().default(false).describe('lists may end in a separator, or hold empty items'),
  unknownElements: z
    .boolean()
    .default(false)
    .describe(
      'elements that are not described are kept with the message, for people to see; otherwise they are errors',
    ),
  repeatedElements: z
    .boolean()
    .default(false)
    .describe('of an element that should stand once, the first counts; otherwise a second is an error'),
  filePaths: z.boolean().default(false).describe('file names may carry a path, which is cut off'),
  nullMembers: z
    .boolean()
    .default(false)
    .describe('in JSON, a member that is null is taken as absent; otherwise it is an error'),
  placeholderFiles: z.boolean().default(false).describe('file elements without name and content are passed over'),
})
export type Quirks = z.infer<typeof quirksSchema>

export const profileSchema = z.strictObject({
  profile: z
    .string()
    .regex(/^[a-z][a-z0-9-]{0,31}$/)
    .describe('the file’s name without extension'),
  title: z.strictObject({ zh: z.string(), en: z.string() }),
  description: z.string().describe('where the dialect comes from and what is unsure about it'),
  syntax: z
    .array(z.enum(SYNTAXES))
    .min(1)
    .default(['xml'])
    .describe(
      'in which syntaxes its documents come: xml; json (elements are members, repeated ones arrays); csv (a row a document, elements are columns)',
    ),
  list: z
    .string()
    .optional()
    .describe('the form that a row of a CSV list has; only needed where several forms of messages are read')
    .meta({ since: '0.2.0' }),
  namespace: z.string().default('').describe('namespace of the elements; empty for none'),
  nulls: z.array(z.string()).default([]).describe('texts beside the empty one that mean nothing, such as null'),
  lacks: z
    .array(z.enum(DOCUMENT_FIELD_NAMES))
    .optional()
    .describe(
      'fields of a document for which the dialect has no element: with those that its forms name, all that there are. Left out, nobody checks',
    ),
  soap: servedSchema
    .optional()
    .describe('a SOAP service that OAs of this dialect call, for a profile whose name begins with `soap-`'),
  quirks: quirksSchema.prefault({}),
  fragments: z.record(z.string(), elementSchema).default({}).describe('element trees that several forms use'),
  forms: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/), formSchema),
})
export type ProfileSource = z.infer<typeof profileSchema>

export const codeTableSchema = z.strictObject({
  title: z.strictObject({ zh: z.string(), en: z.string() }),
  note: z.string().optional(),
  unknown: z.enum(['refuse', 'keep']).default('refuse').describe('what becomes of a text that the table does not have'),
  default: z.string().optional().describe('canonical value of an empty text'),
  otherwise: z.string().optional().describe('what is written for canonical values that the table does not have'),
  entries: z
    .array(
      z.strictObject({
        value: z.string().describe('canonical value'),
        text: z.string().optional().describe('what is written; the value itself if absent'),
        tolerate: z.array(z.string()).default([]).describe('other texts that are read as this value'),
        also: z
          .array(z.string())
          .default([])
          .describe('other canonical values that are written as this text: the dialect does not tell them apart'),
        note: z.string().optional(),
      }),
    )
    .min(1),
})
export type CodeTableSource = z.infer<typeof codeTableSchema>
