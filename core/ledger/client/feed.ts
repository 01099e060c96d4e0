import type { Commands } from '../rules/index.ts'
import type { Feed } from '../port.ts'
import type { Questions } from '../queries/index.ts'
import type { ThreadCaller } from '../thread.ts'

export function createFeed(writer: ThreadCaller<Commands>, reader: ThreadCaller<Questions>): Feed {
  return {
    begin: (on) => writer.call('beginFeed', { on }),
    next: (request) => reader.call('feedNext', request),
    moved: (position) => writer.call('feedMoved', position),
  }
}
