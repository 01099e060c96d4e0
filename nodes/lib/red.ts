import type { EventEmitter } from 'node:events'
import { asError } from '../../core/errors/error.ts'
import type { RedRuntime } from '../link/runtime.ts'
import { addCheck } from './settings.ts'

/** The part of Node-RED's node API that the palette uses (https://nodered.org/docs/creating-nodes/node-js). */

export interface NodeDef {
  readonly id: string
  readonly type: string
  readonly name?: string
}

export type Status = {
  readonly fill: 'red' | 'green' | 'yellow' | 'blue' | 'grey'
  readonly shape: 'dot' | 'ring'
  readonly text: string
}

export interface NodeMessage {
  payload?: unknown
  [key: string]: unknown
}

export type Send = (messages: NodeMessage | readonly (NodeMessage | null)[]) => void
export type Done = (error?: Error) => void

export interface Node extends EventEmitter {
  readonly id: string
  readonly type: string
  readonly name?: string
  send(msg: object): void
  status(status: Status | Record<string, never>): void
  error(error: Error | string, msg?: NodeMessage): void
  warn(text: string): void
}

export interface Red extends RedRuntime {
  readonly nodes: RedRuntime['nodes'] & {
    createNode(node: Node, definition: NodeDef): void
    registerType(type: string, constructor: (this: Node, definition: never) => void): void
  }
  readonly util: {
    /** the keys of a property expression; throws when it is none */
    normalisePropertyExpression(expression: string, msg: object): (string | number)[]
    setMessageProperty(msg: object, expression: string, value: unknown, createMissing: boolean): boolean
  }
  /** texts of the node's own catalogue, by key */
  _(key: string, values?: Readonly<Record<string, string | number>>): string
}

/** An input handler with exactly three parameters: with fewer, Node-RED would not know when the node is done. */
export type InputHandler = (msg: NodeMessage, send: Send, done: Done) => void

/** Every property of a definition that is the type's own; the compiler misses none. */
export type OwnProperties<Def> = Readonly<Record<Exclude<keyof Def, keyof NodeDef>, true>>

/**
 * Registers a node type with its properties: `create` gets the node and its definition, as the editor made it. A
 * definition that `check` throws about is not deployed; where it comes all the same (another Node-RED), it fails every
 * hop that comes to the node: a node that did not start would be an end of the wire, and say nothing of why.
 */
export function register<Def extends NodeDef>(
  red: Red,
  type: string,
  properties: OwnProperties<Def>,
  create: (node: Node, definition: Def) => void,
  check: (definition: NoInfer<Def>) => void = () => undefined,
): void {
  addCheck(type, Object.keys(properties), check)
  red.nodes.registerType(type, function (this: Node, definition: never) {
    red.nodes.createNode(this, definition)
    try {
      check(definition)
      create(this, definition)
    } catch (thrown) {
      const fault = asError(thrown)
      this.error(fault)
      this.status({ fill: 'red', shape: 'ring', text: '设置有误 wrong settings' })
      onInput(this, () => {
        throw fault
      })
    }
  })
}

/** Handles input by an async function; what it throws fails the hop, or reaches a Catch node. */
export function onInput(node: Node, work: (msg: NodeMessage, send: Send) => Promise<void> | void): void {
  const handler: InputHandler = (msg, send, done) => {
    Promise.resolve()
      .then(() => work(msg, send))
      .then(
        () => done(),
        (error: unknown) => done(asError(error)),
      )
  }
  node.on('input', handler)
}
