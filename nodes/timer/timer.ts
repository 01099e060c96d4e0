import { timerChannel } from '../../core/hop/channels.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type Red } from '../lib/red.ts'
import { startSource, subscriptionOf, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'
import { checkDue, dueAt, type DueDef, DUE_PROPERTIES } from '../lib/due.ts'

type TimerDef = SourceDef & DueDef

/**
 * `timer`: takes a message and gives it back when it is due. Between the two it is a delivery of the ledger: it
 * outlives restarts and deploys, and what comes out is a hop of its own. The subscription's name is the timer's.
 */
export default function (red: Red): void {
  register(
    red,
    'timer',
    { ...SOURCE_PROPERTIES, ...DUE_PROPERTIES },
    (node, definition: TimerDef) => {
      const { hops } = paletteRuntime(red)
      const name = subscriptionOf(node, definition)
      // The station hands a timer's messages over in this channel.
      startSource(red, node, definition, { source: 'channel', channel: timerChannel(name) })
      onInput(node, (msg) => {
        const value = definition.mode === 'property' ? propertyOf(red, msg, definition.property ?? '') : undefined
        hops.put(node, msg, { type: 'timer', name, at: dueAt(definition, value, hops.now()) })
      })
    },
    (definition: TimerDef) => checkDue(red, definition),
  )
}
