import { collectChannel } from '../../core/hop/channels.ts'
import { MESSAGE_KINDS, type MessageKind } from '../../core/message/schema.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type Red } from '../lib/red.ts'
import { startSource, subscriptionOf, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { checkDue, dueAt, type DueDef, DUE_PROPERTIES } from '../lib/due.ts'

interface CollectDef extends SourceDef, DueDef {
  /** the answers of a document's recipients, or all messages of a time */
  readonly what?: 'answers' | 'messages'
  /** kinds of answers; none: replies */
  readonly answers?: readonly MessageKind[]
}

/**
 * `collect`: takes messages and gives one that lists them: the answers to a document as soon as nobody is missing, or
 * what came within a time. What was taken lies in the ledger, so it outlives restarts and deploys; what comes out is a
 * hop of its own. The subscription's name is the collection's.
 */
export default function (red: Red): void {
  register(
    red,
    'collect',
    { ...SOURCE_PROPERTIES, ...DUE_PROPERTIES, what: true, answers: true },
    (node, definition: CollectDef) => {
      const { hops } = paletteRuntime(red)
      const name = subscriptionOf(node, definition)
      const answers = definition.what === 'messages' ? undefined : kindsOf(definition.answers)
      // The station hands collections over in this channel.
      startSource(red, node, definition, { source: 'channel', channel: collectChannel(name) })
      onInput(node, (msg) => {
        const value = definition.mode === 'property' ? propertyOf(red, msg, definition.property ?? '') : undefined
        // An answer only looks whether it was the last one: it needs no time.
        const until =
          answers !== undefined && isAnswer(msg.payload)
            ? 0
            : windowOf(definition, dueAt(definition, value, hops.now()), answers !== undefined)
        hops.put(node, msg, { type: 'collect', name, until, ...(answers === undefined ? {} : { answers }) })
      })
    },
    (definition: CollectDef) => checkDue(red, definition),
  )
}

const DEFAULT_ANSWERS: readonly MessageKind[] = ['reply']

function kindsOf(chosen: readonly MessageKind[] | undefined): readonly MessageKind[] {
  const kinds = (chosen ?? []).filter((kind) => MESSAGE_KINDS.includes(kind))
  return kinds.length === 0 ? DEFAULT_ANSWERS : kinds
}

function isAnswer(payload: unknown): boolean {
  return typeof payload === 'object' && payload !== null && 'about' in payload
}

/** Messages of one while have one end: whiles stand one after the other since 1970, so that all know it. */
function windowOf({ mode, amount, unit }: DueDef, at: number, answers: boolean): number {
  if (answers || (mode ?? 'after') !== 'after') return at
  const length = dueAt(
    { mode: 'after', ...(amount === undefined ? {} : { amount }), ...(unit === undefined ? {} : { unit }) },
    undefined,
    0,
  )
  return Math.floor(at / length) * length
}
