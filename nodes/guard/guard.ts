import { YizhanError } from '../../core/errors/error.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'
import { propertyText } from '../lib/text.ts'
import { checkRule, keeps, type GuardRule } from './rules.ts'
import { checkFilled, checkProperty } from '../lib/settings.ts'

interface GuardDef extends NodeDef {
  readonly rules?: readonly GuardRule[]
  /** a broken rule fails the hop, or sends the message out of the second output */
  readonly broken?: 'fail' | 'output'
}

/** `guard`: lets a message pass that keeps all rules; one that does not is named with field, value and rule. */
export default function (red: Red): void {
  register(
    red,
    'guard',
    { rules: true, broken: true },
    (node, definition: GuardDef) => {
      const rules = definition.rules ?? []
      onInput(node, (msg, send) => {
        const broken = rules.filter((rule) => !keeps(rule, propertyOf(red, msg, rule.property)))
        const [first] = broken
        if (first === undefined) {
          send([msg, null])
          return
        }
        const error = new YizhanError('FIELD_INVALID', {
          field: first.property,
          value: propertyText(propertyOf(red, msg, first.property)),
          rule: first.message || `${first.test} ${first.value ?? ''}`.trim(),
        })
        if (definition.broken !== 'output') throw error
        msg['error'] = error.toJSON()
        msg['broken'] = broken
        send([null, msg])
      })
    },
    ({ rules = [] }: GuardDef) => {
      for (const rule of rules) {
        checkFilled('property', rule.property)
        checkProperty(red, 'property', rule.property)
        checkRule(rule)
      }
    },
  )
}
