import { URGENCIES, type Urgency } from '../../core/message/urgency.ts'
import { startOut } from '../lib/out.ts'
import { propertyOf } from '../lib/property.ts'
import { register, type NodeDef, type NodeMessage, type Red } from '../lib/red.ts'
import { propertyText } from '../lib/text.ts'
import { checkFilled, checkProperty } from '../lib/settings.ts'

interface OaOutDef extends NodeDef {
  /** whom it goes to: the message's recipients, the units chosen here, or those in a property of the message */
  readonly to?: 'recipients' | 'units' | 'property'
  readonly units?: readonly string[]
  readonly property?: string
  /** empty: the message's own */
  readonly urgency?: Urgency | ''
  /** hours until an undelivered copy expires; empty: the system's setting */
  readonly expireHours?: string | number
}

/** `oa out`: delivers the message to the OAs of its recipients. */
export default function (red: Red): void {
  register(
    red,
    'oa out',
    { to: true, units: true, property: true, urgency: true, expireHours: true },
    (node, definition: OaOutDef) => {
      const hours = Number(definition.expireHours)
      startOut(red, node, (msg) => {
        const units = unitsOf(red, definition, msg)
        return {
          type: 'units',
          ...(units === undefined ? {} : { units }),
          ...(definition.urgency && URGENCIES.includes(definition.urgency) ? { urgency: definition.urgency } : {}),
          ...(hours > 0 ? { expiresIn: hours * 3600_000 } : {}),
        }
      })
    },
    ({ to, units = [], property }: OaOutDef) => {
      if (to === 'units') checkFilled('units', units.join(''))
      if (to === 'property') checkProperty(red, 'property', property)
    },
  )
}

function unitsOf(red: Red, definition: OaOutDef, msg: NodeMessage): readonly string[] | undefined {
  if (definition.to === 'units') return definition.units ?? []
  if (definition.to !== 'property') return undefined
  const value = propertyOf(red, msg, definition.property || 'units')
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  return list
    .map((item) => propertyText(typeof item === 'object' && item !== null && 'unit' in item ? item.unit : item))
    .filter((unit) => unit !== '')
}
