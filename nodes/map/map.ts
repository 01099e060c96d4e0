import { Builder, parseStringPromise } from 'xml2js'
import { YizhanError } from '../../core/errors/error.ts'
import { fitting } from '../../core/errors/fitting.ts'
import { compileExpression } from '../../core/mapping/message-map.ts'
import { xmlSteps } from '../../core/mapping/xml/read.ts'
import { inTurns } from '../../core/util/turns.ts'
import { message as messageSchema } from '../../core/message/schema.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { onInput, register, type NodeDef, type NodeMessage, type Red } from '../lib/red.ts'

interface MapDef extends NodeDef {
  readonly operation?: 'mapping' | 'expression' | 'xml-to-object' | 'object-to-xml'
  /** a file of `mappings/` in the configuration folder, or of the project's */
  readonly mapping?: string
  /** a JSONata expression over the message, making another */
  readonly expression?: string
  /** root element for object-to-xml */
  readonly root?: string
}

/** `map`: a message as another message (a mapping file or an expression), XML as an object, an object as XML. */
export default function (red: Red): void {
  register(
    red,
    'map',
    { operation: true, mapping: true, expression: true, root: true },
    (node, definition: MapDef) => {
      const work = workOf(red, definition)
      onInput(node, async (msg, send) => {
        msg.payload = await work(msg)
        send(msg)
      })
    },
    (definition: MapDef) => check(red, definition),
  )
}

function workOf(red: Red, definition: MapDef): (msg: NodeMessage) => Promise<unknown> {
  switch (definition.operation) {
    case 'expression': {
      const compiled = compileExpression(definition.expression ?? '', 'map')
      return (msg) => compiled(msg.payload)
    }
    case 'xml-to-object':
      return xmlToObject
    case 'object-to-xml': {
      const builder = new Builder({
        rootName: definition.root || 'root',
        xmldec: { version: '1.0', encoding: 'UTF-8' },
      })
      return (msg) => Promise.resolve(builder.buildObject(msg.payload))
    }
    default: {
      const { mappings } = paletteRuntime(red).hops
      const id = definition.mapping ?? ''
      let last = mappings.get(id)
      return (msg) => {
        // As the configuration has it now. One that was taken away goes on as it was until the next deploy.
        last = mappings.get(id) ?? last
        if (last === undefined) throw unknown(red, id)
        return last.apply(fitting(messageSchema, msg.payload, 'msg.payload'))
      }
    }
  }
}

/** What an XML 1.0 element may be called (https://www.w3.org/TR/xml/#NT-Name), without a prefix. */
const ELEMENT = /^[\p{L}_][\p{L}\p{N}\p{M}._-]*$/u

function check(red: Red, { operation = 'mapping', mapping = '', expression = '', root }: MapDef): void {
  if (operation === 'expression') compileExpression(expression, 'expression')
  if (operation === 'object-to-xml' && root && !ELEMENT.test(root))
    throw new YizhanError('FIELD_INVALID', { field: 'root', value: root, rule: 'XML 元素名 / the name of an element' })
  if (operation === 'mapping' && paletteRuntime(red).hops.mappings.get(mapping) === undefined)
    throw unknown(red, mapping)
}

function unknown(red: Red, id: string): YizhanError {
  const known = paletteRuntime(red)
    .hops.mappings.list()
    .map((mapping) => mapping.id)
  return new YizhanError('FIELD_INVALID', {
    field: 'mapping',
    value: id,
    rule: `配置文件夹的 mappings/ 中没有此文件 / no such file in mappings/ of the configuration (${known.join(', ')})`,
  })
}

/**
 * The object shape of Node-RED's own xml node (xml2js); our reader judges the bytes first, because xml2js accepts what
 * is no XML.
 */
async function xmlToObject(msg: NodeMessage): Promise<unknown> {
  const { payload } = msg
  const text = Buffer.isBuffer(payload) ? payload.toString('utf8') : String(payload)
  await inTurns(xmlSteps(Buffer.isBuffer(payload) ? payload : text))
  return parseStringPromise(text, { async: true })
}
