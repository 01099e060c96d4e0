import type { StationConfig } from '../config/schema.ts'
import { YizhanError } from '../errors/error.ts'
import type { ActDraft, DocumentDraft } from './port.ts'

/**
 * Nothing classified enters (Law on Guarding State Secrets, 2024). Throws CLASSIFIED, whose facts name the field and
 * the rule only: no value, no title, no number is kept of such a document.
 */
export function refuseClassified(draft: DocumentDraft | ActDraft, rules: StationConfig['classified']): void {
  const refuse = (field: string, rule: string): never => {
    throw new YizhanError('CLASSIFIED', { field, rule })
  }
  const marked = (text: string | undefined) => text !== undefined && rules.marks.some((mark) => text.includes(mark))
  if (draft.files?.some((file) => marked(file.name)) === true) refuse('文件名', `含密级标志 ${rules.marks.join('、')}`)
  if (draft.unread?.some(({ text }) => marked(text)) === true)
    refuse('方言未定义的内容', `含密级标志 ${rules.marks.join('、')}`)
  if (draft.kind !== 'document') return
  // On paper a blank stands between the two characters (GB/T 9704-1999), and systems put brackets or 密级： around them.
  const level = draft.document.securityClass
    ?.normalize('NFKC')
    .replace(/\s+/gu, '')
    .replace(/工作秘密|商业秘密/gu, '')
  if (level !== undefined && (level.includes('★') || rules.classes.some((c) => level.includes(c))))
    refuse('密级', rules.classes.join('、'))
  if (rules.refuseCopyNumber && draft.copyNumber !== undefined && draft.copyNumber.trim() !== '')
    refuse('份号', '份号仅用于涉密公文')
  if (draft.secrecyPeriod !== undefined && draft.secrecyPeriod.trim() !== '')
    refuse('保密期限', '保密期限仅用于涉密公文')
  if (marked(draft.document.title)) refuse('标题', `含密级标志 ${rules.marks.join('、')}`)
  if (marked(draft.document.issuerMark) || marked(draft.document.annotation))
    refuse('版头或附注', `含密级标志 ${rules.marks.join('、')}`)
}
