import { YizhanError } from '../../core/errors/error.ts'
import type { Recipient } from '../../core/message/schema.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'
import { textOf } from '../lib/text.ts'

interface DirectoryDef extends NodeDef {
  readonly operation?: 'resolve' | 'lookup'
  /** property with the line to resolve, or the unit to look up */
  readonly source?: string
  /** property that gets the recipients, or the unit */
  readonly target?: string
  readonly role?: 'to' | 'cc'
  /** what happens to names that nobody knows: the hop fails, or the message leaves by the second output */
  readonly unresolved?: 'fail' | 'output'
}

/** `directory`: names, aliases, groups and phrases like 各县(市、区)人民政府 as units; says what it cannot resolve. */
export default function (red: Red): void {
  register(red, 'directory', (node, definition: DirectoryDef) => {
    const { hops } = paletteRuntime(red)
    const source = definition.source ?? 'payload.document.mainRecipients'
    const target = definition.target ?? (definition.operation === 'lookup' ? 'unit' : 'payload.recipients')
    onInput(node, (msg, send) => {
      const { directory } = hops
      if (directory === undefined) throw new YizhanError('FLOWS_GONE', {}, {})
      const text = textOf(propertyOf(red, msg, source))
      if (definition.operation === 'lookup') {
        const unit = directory.find(text)
        if (unit !== undefined) red.util.setMessageProperty(msg, target, unit, true)
        report(unit === undefined ? [{ text, reason: 'unknown', candidates: [] }] : [])
      } else {
        const from = propertyOf(red, msg, 'payload.from.unit')
        const { recipients, unresolved } = directory.resolve(text, definition.role ?? 'to', typeof from === 'string' ? from : undefined)
        red.util.setMessageProperty(msg, target, merged(propertyOf(red, msg, target), recipients), true)
        report(unresolved)
      }

      function report(unresolved: readonly { readonly text: string; readonly reason: string; readonly candidates: readonly string[] }[]): void {
        const [first] = unresolved
        if (first === undefined) {
          send([msg, null])
          return
        }
        const error = new YizhanError('UNKNOWN_RECIPIENT', { field: source, value: unresolved.map((piece) => piece.text).join('、'), rule: first.reason === 'ambiguous' ? `可能是 ${first.candidates.join('、')} / ambiguous` : '不在单位目录中 / not in the directory of units' })
        if (definition.unresolved !== 'output') throw error
        msg['unresolved'] = unresolved
        msg['error'] = error.toJSON()
        send([null, msg])
      }
    })
  })
}

/** Whom the message names already stays; each unit once, 主送 before 抄送. */
function merged(before: unknown, found: readonly Recipient[]): Recipient[] {
  const all = [...(Array.isArray(before) ? (before as Recipient[]) : []), ...found]
  const byUnit = new Map<string, Recipient>()
  for (const recipient of all) if (byUnit.get(recipient.unit)?.role !== 'to') byUnit.set(recipient.unit, recipient)
  return [...byUnit.values()]
}
