import type { Server } from 'node:net'
import { CATALOGUE } from '../core/errors/catalogue.ts'
import { YizhanError } from '../core/errors/error.ts'

const AGAIN_MS = 5_000

/**
 * Opens the editor's port. Flows need no editor: where the port cannot be had, that is told once, and it is tried again
 * until it can.
 */
export async function openPort(
  server: Server,
  { host, port }: { readonly host: string; readonly port: number },
  tell: (code: 'editor.blocked' | 'editor.opened', detail: string) => void,
): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      await listening(server, host, port)
      if (tries > 0) tell('editor.opened', `${host}:${port}`)
      return
    } catch (thrown) {
      const { code, message } = thrown as NodeJS.ErrnoException
      const why = code === 'EADDRINUSE' ? '端口已被占用 / the port is in use' : '无法监听 / it cannot be listened on'
      const error = new YizhanError('PORT_IN_USE', {
        field: 'station.yaml editor.host, editor.port',
        value: `${host}:${port}`,
        detail: `${why} (${message})`,
      })
      const { remedy } = CATALOGUE[error.code]
      if (tries === 0) tell('editor.blocked', `${error.message} → ${remedy.zh} / ${remedy.en}`)
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    }
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const failed = (error: Error): void => {
      server.off('listening', listens)
      reject(error)
    }
    const listens = (): void => {
      server.off('error', failed)
      resolve()
    }
    server.once('error', failed).once('listening', listens)
    server.listen(port, host)
  })
}
