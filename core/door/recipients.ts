import type { UnitDirectory } from '../directory/port.ts'
import { YizhanError } from '../errors/error.ts'
import type { Recipient } from '../message/schema.ts'
import type { DocumentDraft } from './port.ts'

/**
 * Who gets a document: the explicit lists (`to`, `cc`), which must all be known, and the 主送 and 抄送 lines. Where
 * there is no explicit list every piece of the line must be known too; beside one, a line is prose. Each unit once,
 * `to` before
 * `cc`, never the sender by way of a group.
 * `grouped` are those that are there only by way of a group or phrase.
 */
export function resolveRecipients(
  draft: DocumentDraft,
  directory: UnitDirectory,
  sender: string,
): { readonly addressed: readonly Recipient[]; readonly grouped: ReadonlySet<string> } {
  const found = new Map<string, Recipient>()
  const named = new Set<string>()
  const add = (recipient: Recipient) => {
    if (!found.has(recipient.unit)) found.set(recipient.unit, recipient)
  }
  const side = (role: 'to' | 'cc', listed: readonly string[] | undefined, line: string | undefined, field: string) => {
    for (const name of listed ?? []) {
      const unit = directory.find(name)
      if (unit === undefined) throw unknown(name, field, 'unknown', [])
      add({ unit: unit.id, name: unit.name, role })
      named.add(unit.id)
    }
    if (line === undefined || line.trim() === '') return
    const { recipients, unresolved, grouped = [] } = directory.resolve(line, role, sender)
    recipients.forEach(add)
    for (const { unit } of recipients) if (!grouped.includes(unit)) named.add(unit)
    const first = unresolved[0]
    if (first !== undefined && (listed === undefined || listed.length === 0))
      throw unknown(first.text, field, first.reason, first.candidates)
  }
  side('to', draft.to, draft.document.mainRecipients, '主送机关')
  side('cc', draft.cc, draft.document.copyRecipients, '抄送机关')
  if (found.size === 0)
    throw new YizhanError('NO_RECIPIENT', { field: '主送机关', rule: '至少一个收文单位 / at least one recipient' })
  return { addressed: [...found.values()], grouped: new Set([...found.keys()].filter((unit) => !named.has(unit))) }
}

function unknown(
  name: string,
  field: string,
  reason: 'unknown' | 'ambiguous',
  candidates: readonly string[],
): YizhanError {
  const rule =
    reason === 'ambiguous'
      ? `可能是：${candidates.join('、')} / one of these`
      : '不在单位目录中 / not in the directory of units'
  return new YizhanError('UNKNOWN_RECIPIENT', { field, value: name, rule })
}
