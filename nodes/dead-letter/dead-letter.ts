import { YizhanError } from '../../core/errors/error.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'

interface DeadLetterDef extends NodeDef {
  readonly operation?: 'list' | 'replay' | 'drop'
  /** property with the dead letter's id */
  readonly idProperty?: string
  /** why it is dropped */
  readonly reason?: string
}

/** `dead letter`: lists, replays or drops dead letters, as the command line does. */
export default function (red: Red): void {
  register<DeadLetterDef>(red, 'dead letter', (node, definition) => {
    const { hops } = paletteRuntime(red)
    const actor = `${node.type} ${node.name ?? node.id}`
    onInput(node, async (msg, send) => {
      if (definition.operation === 'list') {
        msg.payload = await hops.ask('deadLetters.list', {})
        send(msg)
        return
      }
      const property = definition.idProperty ?? 'payload.deadLetter.id'
      const id: unknown = red.util.getMessageProperty(msg, property)
      if (typeof id !== 'string') throw new YizhanError('FIELD_INVALID', { field: `msg.${property}`, value: String(id), rule: '死信标识 / a dead letter’s id' })
      if (definition.operation === 'drop') await hops.ask('deadLetters.drop', { id, actor, reason: definition.reason ?? 'flow' })
      else await hops.ask('deadLetters.replay', { id, actor })
      send(msg)
    })
  })
}
