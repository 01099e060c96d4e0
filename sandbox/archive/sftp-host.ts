import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { dirname } from 'node:path'
import ssh2, { type Connection } from 'ssh2'
import { listen } from '../net/ports.ts'
import { SftpFiles } from './sftp-files.ts'
import { sameSecret } from '../../core/util/same-secret.ts'

export interface SftpHostOptions {
  /** what clients see as `/` */
  readonly root: string
  /** private key, made when there is none: clients know the host by it over a restart */
  readonly keyFile: string
  readonly username: string
  readonly password: string
  /** a rename has been carried out */
  readonly renamed: (path: string) => void
  /** 0 for any */
  readonly port?: number | undefined
}

/** An SFTP server on a loopback port, made of ssh2's Server, with the faults of an old one. */
export class SftpHost {
  readonly #options: SftpHostOptions
  readonly #ssh: ssh2.Server
  readonly #front: Server
  readonly #sockets = new Set<Socket>()
  /** SHA-256 of the host key, as `ssh-keygen -lf` shows it */
  readonly fingerprint: string
  #port: number
  #on = false
  #hanging = false
  #garbage = false
  #writesLeft = Number.POSITIVE_INFINITY

  constructor(options: SftpHostOptions) {
    this.#options = options
    this.#port = options.port ?? 0
    mkdirSync(options.root, { recursive: true })
    const key = hostKey(options.keyFile)
    const parsed = ssh2.utils.parseKey(key)
    if (parsed instanceof Error) throw parsed
    this.fingerprint = `SHA256:${createHash('sha256').update(parsed.getPublicSSH()).digest('base64').replace(/=+$/, '')}`
    this.#ssh = new ssh2.Server({ hostKeys: [key] }, (connection) => this.#serve(connection))
    this.#front = createServer((socket) => this.#connect(socket))
  }

  get port(): number {
    return this.#port
  }

  get on(): boolean {
    return this.#on
  }

  /** Listens; on the same port each time. */
  async switchOn(): Promise<void> {
    if (this.#on) return
    this.#port = await listen(this.#front, this.#port)
    this.#on = true
  }

  /** Gone at once, connections included. */
  async switchOff(): Promise<void> {
    if (!this.#on) return
    this.#on = false
    await new Promise<void>((resolve) => {
      this.#front.close(() => resolve())
      this.cut()
    })
  }

  /** Logins go on, requests are no longer answered; `false` lets later ones through, those swallowed stay so. */
  hang(hanging: boolean): void {
    this.#hanging = hanging
  }

  /** Speaks something else than SSH; connections that are open are cut. */
  garbage(garbage: boolean): void {
    this.#garbage = garbage
    if (garbage) this.cut()
  }

  /** Hangs up at the n-th write from now, counted over all connections, once. */
  hangUpAtWrite(n: number): void {
    this.#writesLeft = n
  }

  /** Breaks every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #connect(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.on('close', () => this.#sockets.delete(socket))
    socket.setNoDelay(true)
    if (this.#garbage) socket.end('HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n<html>\x00\xff请求无效</html>\r\n')
    else this.#ssh.injectSocket(socket)
  }

  #serve(connection: Connection): void {
    // A client that hangs up is no concern of the bureau's.
    connection.on('error', () => connection.end())
    connection.on('authentication', (login) => {
      if (
        login.method === 'password' &&
        login.username === this.#options.username &&
        sameSecret(login.password, this.#options.password)
      )
        login.accept()
      else login.reject(['password'])
    })
    connection.on('session', (accept) => {
      accept().on('sftp', (acceptSftp) => {
        const files = new SftpFiles(
          acceptSftp(),
          this.#options.root,
          { hanging: () => this.#hanging, hangUp: () => --this.#writesLeft === 0, renamed: this.#options.renamed },
          () => this.cut(),
        )
        connection.on('close', () => void files.close())
      })
    })
  }
}

function hostKey(file: string): string {
  if (!existsSync(file)) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, newKey(), { mode: 0o600 })
  }
  return readFileSync(file, 'utf8')
}

/** One in three hundred of the keys that ssh2 1.17.0 makes is one that it cannot read. */
function newKey(): string {
  for (;;) {
    const { private: key } = ssh2.utils.generateKeyPairSync('ed25519')
    if (!(ssh2.utils.parseKey(key) instanceof Error)) return key
  }
}
