import { YizhanError } from '../../core/errors/error.ts'
import { LinkError } from '../link/client.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type NodeDef, type NodeMessage, type Red } from '../lib/red.ts'
import { showLoss } from '../lib/status.ts'
import { checkFilled, checkProperty } from '../lib/settings.ts'

interface DeadLetterDef extends NodeDef {
  readonly operation?: 'list' | 'replay' | 'drop'
  /** property with the dead letter's id */
  readonly idProperty?: string
  /** for `replay`: property with the message to replay instead; empty: as it was */
  readonly repairedProperty?: string
  /** for `drop`: why */
  readonly reason?: string
}

/** `dead letter`: lists, replays or drops dead letters, as the command line does. */
export default function (red: Red): void {
  register(
    red,
    'dead letter',
    { operation: true, idProperty: true, repairedProperty: true, reason: true },
    (node, definition: DeadLetterDef) => {
      const { hops } = paletteRuntime(red)
      showLoss(hops, node)
      const actor = `${node.type} ${node.name || node.id}`
      const property = definition.idProperty || 'payload.deadLetter.id'

      async function act(msg: NodeMessage): Promise<void> {
        const id: unknown = propertyOf(red, msg, property)
        if (typeof id !== 'string')
          throw new YizhanError('FIELD_INVALID', {
            field: `msg.${property}`,
            value: String(id),
            rule: '死信标识 / a dead letter’s id',
          })
        if (definition.operation === 'drop') {
          await hops.ask('deadLetters.drop', { id, actor, reason: definition.reason ?? '' })
          return
        }
        const message: unknown = definition.repairedProperty
          ? propertyOf(red, msg, definition.repairedProperty)
          : undefined
        await hops.ask('deadLetters.replay', { id, actor, message })
      }

      onInput(node, async (msg, send) => {
        if (definition.operation === 'list') {
          msg.payload = await hops.ask('deadLetters.list', {})
        } else {
          await act(msg).catch((error: unknown) => {
            // An earlier attempt of this hop has done it.
            if (!(error instanceof LinkError && error.code === 'DEAD_LETTER_UNKNOWN' && hops.attemptOf(msg) > 1))
              throw error
          })
        }
        send(msg)
      })
    },
    ({ operation, idProperty, repairedProperty, reason }: DeadLetterDef) => {
      for (const [field, property] of Object.entries({ idProperty, repairedProperty }))
        checkProperty(red, field, property)
      if (operation === 'drop') checkFilled('reason', reason)
    },
  )
}
