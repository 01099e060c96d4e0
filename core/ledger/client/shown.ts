import { parseMessage } from '../../message/json.ts'
import type { Shown, ShownItem } from '../port.ts'
import type { Questions } from '../queries/index.ts'
import type { ShownRow } from '../queries/shown.ts'
import type { ThreadCaller } from '../thread.ts'

export function createShown(reader: ThreadCaller<Questions>): Shown {
  return {
    since: async (request) => (await reader.call('shownSince', request)).map(toItem),
    about: async (request) => (await reader.call('shownAbout', request)).map(toItem),
    derived: async (request) => (await reader.call('derived', request)).map(parseMessage),
  }
}

function toItem({ position, at, body }: ShownRow): ShownItem {
  return { position, at, message: parseMessage(body) }
}
