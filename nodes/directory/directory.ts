import { absentError, present } from '../../core/directory/presence.ts'
import { receivers } from '../../core/directory/receivers.ts'
import { YizhanError } from '../../core/errors/error.ts'
import type { Recipient } from '../../core/message/schema.ts'
import type { StationLink } from '../link/hops.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type Node, type NodeDef, type NodeMessage, type Red, type Send } from '../lib/red.ts'
import { propertyText } from '../lib/text.ts'
import { askPeople, unitsIn, unsignedOf } from './people.ts'
import { checkProperty } from '../lib/settings.ts'

interface DirectoryDef extends NodeDef {
  readonly operation?: 'resolve' | 'lookup' | 'people'
  /** property with the line to resolve, or the unit to look up */
  readonly source?: string
  /** property that gets the recipients, or the unit */
  readonly target?: string
  readonly role?: 'to' | 'cc'
  /** people: of whom */
  readonly of?: 'recipients' | 'unsigned' | 'missing' | 'property'
  /** people: property with the units */
  readonly units?: string
  /** people: only those who are this; empty: everybody */
  readonly position?: string
  /**
   * what happens to names that nobody knows, and to units where nobody is found: the hop fails (people: a warning), or
   * the message leaves by the second output
   */
  readonly unresolved?: 'fail' | 'output'
}

interface Unresolved {
  readonly text: string
  readonly reason: string
  readonly candidates: readonly string[]
}

/** Where the units stand whose people are asked for. */
const PLACES = { recipients: 'payload.recipients', missing: 'payload.collection.missing' } as const

/** `directory`: names, aliases, groups and phrases like 各县(市、区)人民政府 as units, and who works in units. */
export default function (red: Red): void {
  register(
    red,
    'directory',
    {
      operation: true,
      source: true,
      target: true,
      role: true,
      of: true,
      units: true,
      position: true,
      unresolved: true,
    },
    (node, definition: DirectoryDef) => {
      const { hops } = paletteRuntime(red)
      onInput(node, (msg, send) => {
        if (definition.operation === 'people') return people(red, node, definition, hops, msg, send)
        if (definition.operation === 'lookup') lookUp(red, definition, hops, msg, send)
        else resolve(red, definition, hops, msg, send)
      })
    },
    ({ source, target, units }: DirectoryDef) => {
      for (const [field, property] of Object.entries({ source, target, units })) checkProperty(red, field, property)
    },
  )
}

function lookUp(red: Red, definition: DirectoryDef, hops: StationLink, msg: NodeMessage, send: Send): void {
  const text = propertyText(propertyOf(red, msg, sourceOf(definition)))
  const unit = directoryOf(hops).find(text)
  if (unit !== undefined) red.util.setMessageProperty(msg, definition.target ?? 'unit', unit, true)
  report(definition, msg, send, unit === undefined ? [{ text, reason: 'unknown', candidates: [] }] : [])
}

function resolve(red: Red, definition: DirectoryDef, hops: StationLink, msg: NodeMessage, send: Send): void {
  const directory = directoryOf(hops)
  const target = definition.target ?? 'payload.recipients'
  const from = propertyOf(red, msg, 'payload.from.unit')
  const sender = typeof from === 'string' ? from : undefined
  const { recipients, unresolved, grouped } = directory.resolve(
    propertyText(propertyOf(red, msg, sourceOf(definition))),
    definition.role ?? 'to',
    sender,
  )
  const known = propertyOf(red, msg, target)
  const all = [...(Array.isArray(known) ? (known as Recipient[]) : []), ...recipients]
  const at = acceptedAt(red, hops, msg)
  const { recipients: receiving, absent } = present(
    receivers(all, directory, at, sender),
    directory,
    at,
    new Set(grouped),
  )
  red.util.setMessageProperty(msg, target, receiving, true)
  const gone = absent.map(({ name }) => ({ text: name, reason: 'absent', candidates: [] }))
  const [first] = absent
  report(
    definition,
    msg,
    send,
    [...unresolved, ...gone],
    unresolved.length > 0 || first === undefined ? undefined : absentError(first, directory, at, sourceOf(definition)),
  )
}

/** Units where nobody is found do not keep the others waiting. */
async function people(
  red: Red,
  node: Node,
  definition: DirectoryDef,
  hops: StationLink,
  msg: NodeMessage,
  send: Send,
): Promise<void> {
  const units = await unitsOf(red, definition, hops, msg)
  const { people, nobody } = await askPeople(hops, units, definition.position, hops.now())
  const apart = definition.unresolved === 'output'
  if (nobody.length > 0 && !apart) node.warn(`查不到人员 / nobody found: ${nobody.map(({ text }) => text).join('、')}`)
  const first = people.length > 0 || !apart ? { ...msg, people } : null
  send([first, nobody.length > 0 && apart ? { ...msg, unresolved: nobody } : null])
}

function unitsOf(
  red: Red,
  { of = 'recipients', units }: DirectoryDef,
  hops: StationLink,
  msg: NodeMessage,
): Promise<string[]> | string[] {
  if (of === 'unsigned')
    return unsignedOf(
      hops,
      propertyText(propertyOf(red, msg, 'payload.about.id') ?? propertyOf(red, msg, 'payload.id')),
    )
  const field = of === 'property' ? units || 'units' : PLACES[of]
  return unitsIn(propertyOf(red, msg, field), `msg.${field.replace(/^msg\./, '')}`)
}

function report(
  { unresolved: wanted, ...definition }: DirectoryDef,
  msg: NodeMessage,
  send: Send,
  unresolved: readonly Unresolved[],
  absence?: YizhanError,
): void {
  const [first] = unresolved
  if (first === undefined) {
    send([msg, null])
    return
  }
  const error =
    absence ??
    new YizhanError('UNKNOWN_RECIPIENT', {
      field: sourceOf(definition),
      value: unresolved.map((piece) => piece.text).join('、'),
      rule:
        first.reason === 'ambiguous'
          ? `可能是 ${first.candidates.join('、')} / ambiguous`
          : '不在单位目录中 / not in the directory of units',
    })
  if (wanted !== 'output') throw error
  msg['unresolved'] = unresolved
  msg['error'] = error.toJSON()
  send([null, msg])
}

function sourceOf({ source }: Pick<DirectoryDef, 'source'>): string {
  return source ?? 'payload.document.mainRecipients'
}

function directoryOf({ directory }: StationLink) {
  if (directory === undefined) throw new YizhanError('FLOWS_GONE', {}, {})
  return directory
}

/** Which merges count: those of the day on which the document was accepted. */
function acceptedAt(red: Red, hops: StationLink, msg: NodeMessage): number {
  const at = propertyOf(red, msg, 'payload.acceptedAt')
  const time = typeof at === 'string' ? Date.parse(at) : Number.NaN
  return Number.isNaN(time) ? hops.now() : time
}
