import type { IncomingMessage, ServerResponse } from 'node:http'

/** Express answers OPTIONS itself, to anybody, with what there is at an address. */
export function withoutOptions(
  request: Pick<IncomingMessage, 'method'>,
  response: Pick<ServerResponse, 'writeHead'>,
  next: () => void,
): void {
  if (request.method === 'OPTIONS') response.writeHead(405, { allow: 'GET, HEAD, POST, PUT, DELETE' }).end()
  else next()
}
