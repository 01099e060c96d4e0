import { z } from 'zod'
import { documentBody, type DocumentBody } from './schema.ts'

export type DocumentFieldName = keyof DocumentBody

/** What the house has to know of a field of a document beside its type and limit, which stand in the schema. */
export interface DocumentField {
  /** the element's name */
  readonly zh: string
  /**
   * How the secrecy guard reads it: as a security class; as a line in which a doubtful word counts too; as a line, in
   * which only marks count; as running text; or not at all, as it holds none of the sender's words.
   */
  readonly guard: 'class' | 'title' | 'line' | 'text' | 'none'
  /** whether it stands in an archive's catalogue, and may be corrected there */
  readonly catalogued: boolean
  /**
   * a joint document may have several, one below the other on the paper: one a line of the text, each at most so long
   */
  readonly stacked?: number
}

/**
 * The fields of a document, each declared once: its type and limit in the schema, all else here. Forms, drafts, the
 * guard, the door's normalisation and the catalogues derive from it; the compiler misses a field that is not here.
 */
const DOCUMENT_FIELDS = {
  direction: { zh: '行文方向', guard: 'none', catalogued: false },
  identifier: { zh: '公文标识', guard: 'line', catalogued: false },
  documentType: { zh: '文种', guard: 'line', catalogued: true },
  title: { zh: '标题', guard: 'title', catalogued: true },
  issuers: { zh: '发文机关', guard: 'line', catalogued: false },
  issuerMark: { zh: '发文机关标志', guard: 'title', catalogued: true, stacked: 200 },
  signer: { zh: '签发人', guard: 'line', catalogued: true, stacked: 100 },
  mainRecipients: { zh: '主送机关', guard: 'line', catalogued: false },
  copyRecipients: { zh: '抄送机关', guard: 'line', catalogued: false },
  attachmentNote: { zh: '附件说明', guard: 'line', catalogued: false },
  signature: { zh: '发文机关署名', guard: 'line', catalogued: true, stacked: 400 },
  date: { zh: '成文日期', guard: 'none', catalogued: true },
  annotation: { zh: '附注', guard: 'title', catalogued: true },
  printer: { zh: '印发机关', guard: 'line', catalogued: true },
  printDate: { zh: '印发日期', guard: 'none', catalogued: true },
  copies: { zh: '印发份数', guard: 'none', catalogued: false },
  releaseLevel: { zh: '发布层次', guard: 'line', catalogued: true },
  topicWords: { zh: '主题词', guard: 'line', catalogued: false },
  securityClass: { zh: '密级', guard: 'class', catalogued: true },
  text: { zh: '正文文字', guard: 'text', catalogued: false },
} as const satisfies Readonly<Record<DocumentFieldName, DocumentField>>

/** In the order of the schema. */
export const DOCUMENT_FIELD_NAMES = Object.keys(documentBody.shape) as readonly DocumentFieldName[]

export function documentField(name: DocumentFieldName): DocumentField {
  return DOCUMENT_FIELDS[name]
}

/** The values of a stacked field. */
export function stackOf(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(/[\r\n]+/u)
    .map((line) => line.trim())
    .filter((line) => line !== '')
}

/** Several values as the text of a stacked field. */
export function stacked(values: readonly string[]): string {
  return values.join('\n')
}

/** What a field's schema says of its values. */
export interface DocumentFieldType {
  readonly type: 'text' | 'date' | 'integer' | 'code' | 'texts' | 'parties'
  /** UTF-16 units of a text or of each of several; greatest value of an integer; absent where there is no limit */
  readonly max?: number | undefined
  /** of a code */
  readonly values?: readonly string[]
}

/** @throws Error for a type of schema that no field has had so far: then forms have to learn it */
export function documentFieldType(name: DocumentFieldName): DocumentFieldType {
  let schema: unknown = documentBody.shape[name]
  if (schema instanceof z.ZodOptional) schema = schema.unwrap()
  if (schema instanceof z.ZodISODate) return { type: 'date' }
  if (schema instanceof z.ZodEnum) return { type: 'code', values: schema.options.map(String) }
  if (schema instanceof z.ZodString) return { type: 'text', max: schema.maxLength ?? undefined }
  if (schema instanceof z.ZodNumber) return { type: 'integer', max: schema.maxValue ?? undefined }
  if (schema instanceof z.ZodArray && schema.element instanceof z.ZodString)
    return { type: 'texts', max: schema.element.maxLength ?? undefined }
  if (schema instanceof z.ZodArray) return { type: 'parties' }
  throw new Error(`document.${name}: no form field for this schema`)
}
