import { join } from 'node:path'
import { Builder, parseStringPromise } from 'xml2js'
import { projectHome } from '../../core/config/home.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { fitting } from '../../core/errors/fitting.ts'
import { compileExpression, loadMessageMaps, type MessageMap } from '../../core/mapping/message-map.ts'
import { readXml, readXmlString } from '../../core/mapping/xml/read.ts'
import { message as messageSchema } from '../../core/message/schema.ts'
import { onInput, register, type NodeDef, type NodeMessage, type Red } from '../lib/red.ts'

interface MapDef extends NodeDef {
  readonly operation?: 'mapping' | 'expression' | 'xml-to-object' | 'object-to-xml'
  /** a file of config/mappings */
  readonly mapping?: string
  /** a JSONata expression over the message, making another */
  readonly expression?: string
  /** root element for object-to-xml */
  readonly root?: string
}

/** `map`: a message as another message (a mapping file or an expression), XML as an object, an object as XML. */
export default function (red: Red): void {
  register(red, 'map', (node, definition: MapDef) => {
    const work = workOf(definition)
    onInput(node, async (msg, send) => {
      msg.payload = await work(msg)
      send(msg)
    })
  })
}

function workOf(definition: MapDef): (msg: NodeMessage) => Promise<unknown> {
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
      // Read by each node as it starts: a changed mapping counts from the next deploy on. What is wrong with it fails each message.
      const mapping = findMapping(definition.mapping ?? '')
      mapping.catch(() => undefined)
      return async (msg) => (await mapping).apply(fitting(messageSchema, msg.payload, 'msg.payload'))
    }
  }
}

async function findMapping(id: string): Promise<MessageMap> {
  const found = (await loadMessageMaps(join(projectHome(), 'config', 'mappings'))).get(id)
  if (found === undefined) throw new YizhanError('NOT_FOUND', { field: 'config/mappings', value: id })
  return found
}

/** The object shape of Node-RED's own xml node (xml2js); our reader judges the bytes first, because xml2js accepts what is no XML. */
function xmlToObject(msg: NodeMessage): Promise<unknown> {
  const { payload } = msg
  const text = Buffer.isBuffer(payload) ? payload.toString('utf8') : String(payload)
  if (Buffer.isBuffer(payload)) readXml(payload)
  else readXmlString(text)
  return parseStringPromise(text, { async: true })
}
