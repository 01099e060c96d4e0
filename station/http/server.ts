import type { RequestListener, Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setSource } from '../../adapters/kit/http/source.ts'
import type { HttpMount } from '../../core/adapter/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { Front } from '../../core/http/front.ts'

/**
 * The station's HTTP server: one plain handler that gives each request to the mount with the longest matching prefix,
 * and what nobody mounted to the pages (Express). Legacy systems' hot paths never pass a framework.
 */
export async function listen(options: {
  readonly host: string
  readonly port: number
  readonly proxies: readonly string[]
  readonly mounts: readonly HttpMount[]
  readonly pages: RequestListener
}): Promise<{ readonly port: number; readonly server: Server; readonly close: () => Promise<void> }> {
  const mounts = [...options.mounts].sort((a, b) => b.prefix.length - a.prefix.length)
  const front = new Front(options.proxies, (request, response, source) => {
    setSource(request, source)
    const path = pathOf(request.url ?? '/')
    const mount = mounts.find(
      ({ prefix }) =>
        path === prefix || (path.startsWith(prefix) && (prefix.endsWith('/') || path[prefix.length] === '/')),
    )
    if (mount !== undefined) mount.handle(request, response)
    else options.pages(request, response)
  })
  const { listener, server } = front
  await new Promise<void>((resolve, reject) => {
    // Named as what is to be changed: the port is the configuration's.
    listener.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new YizhanError(
          'CONFIG_INVALID',
          {
            field: 'station.yaml http.host, http.port',
            value: `${options.host}:${options.port}`,
            rule: `${error.code === 'EADDRINUSE' ? '端口已被占用 / the port is in use' : '无法监听 / cannot be listened on'} (${error.message})`,
          },
          { cause: error },
        ),
      ),
    )
    listener.listen(options.port, options.host, resolve)
  })
  return {
    port: (listener.address() as AddressInfo).port,
    server,
    close: () =>
      new Promise((resolve, reject) => {
        listener.close((error) => (error === undefined ? resolve() : reject(error)))
        server.closeIdleConnections()
        // Keep-alive clients that go on sending would hold the server open for ever.
        setTimeout(() => server.closeAllConnections(), 5_000).unref()
      }),
  }
}

function pathOf(url: string): string {
  const end = url.indexOf('?')
  return end < 0 ? url : url.slice(0, end)
}
