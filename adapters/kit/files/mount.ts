import type { IncomingMessage, ServerResponse } from 'node:http'
import type { House, HttpMount } from '../../../core/adapter/port.ts'
import { asYizhanError } from '../../../core/errors/error.ts'
import { INTERNAL_TEXT, internalError, isInternal } from '../../../core/events/internal.ts'
import { sourceOf } from '../http/source.ts'
import { sendAnswer, sendText } from '../http/answer.ts'
import type { FileLinks } from './links.ts'

/** RFC 9110, 8.3.1. A legacy system may state anything, such as 版式文件, which is no header’s value. */
const MEDIA_TYPE = /^[\w!#$%&'*+.^`|~-]+\/[\w!#$%&'*+.^`|~-]+(?:;[\x20-\x7e]*)?$/

/** Serves bodies of the content store to systems that fetch files by address. */
export function filesMount(house: House, links: FileLinks): HttpMount {
  return {
    prefix: links.prefix,
    served: links.served,
    handle: (request, response) => void serve(house, links, request, response),
  }
}

async function serve(
  house: House,
  links: FileLinks,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      await sendText(response, 405, 'GET, HEAD', { allow: 'GET, HEAD' })
      return
    }
    const file = links.read(request.url ?? '')
    const bytes = await house.content.read(file.digest)
    await sendAnswer(response, {
      status: 200,
      contentType: MEDIA_TYPE.test(file.mediaType) ? file.mediaType : 'application/octet-stream',
      chunks: request.method === 'HEAD' ? [] : [bytes],
      headers: {
        'content-length': String(bytes.length),
        'content-disposition': disposition(file.name),
        etag: `"${file.digest}"`,
        'x-content-type-options': 'nosniff',
        'cache-control': 'private',
      },
    })
  } catch (thrown) {
    const error = asYizhanError(thrown)
    if (isInternal(error)) house.emit.emit(internalError(error, house.clock.now()))
    else if (error.code === 'LINK_INVALID')
      house.rejections.note(
        {
          code: 'account.rejected',
          at: house.clock.now(),
          actor: 'files',
          error: error.code,
          source: sourceOf(request),
          detail: error.facts.field,
        },
        true,
      )
    const status = error.code === 'CONTENT_MISSING' ? 404 : error.status
    await sendText(response, status, isInternal(error) ? INTERNAL_TEXT : `${error.code} ${error.zh} / ${error.en}`)
  }
}

/** RFC 6266: an ASCII name for old clients, the real one in UTF-8. */
function disposition(name: string): string {
  const ascii = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%;]/g, '_')
  const utf8 = encodeURIComponent(name).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${ascii}"; filename*=UTF-8''${utf8}`
}
