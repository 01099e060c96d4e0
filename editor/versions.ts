import { posix } from 'node:path'
import type { RequestHandler } from 'express'

/** What the editor shows of its own releases: it names the version that runs here. */
const TELLING = /^\/red\/(?:about|tours)(?:\/|$)/i

/** Hides from strangers which version of Node-RED this is. */
export function versionsFor(loggedIn: RequestHandler): RequestHandler {
  return (request, response, next) => {
    if (TELLING.test(posix.normalize(decoded(request.path)))) loggedIn(request, response, next)
    else next()
  }
}

/** Broken escapes are nobody's file. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}
