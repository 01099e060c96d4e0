import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import type { CountedUnit } from '../counting/units.ts'
import { writeDurably } from '../files/durable.ts'
import { JsonLog } from '../files/json-log.ts'
import { listen } from '../net/ports.ts'
import { entriesOf, serviceDn } from './entries.ts'
import type { LdapServer } from './ldapjs.ts'
import { ldapServer, matchable, parseDN, type Held } from './server.ts'
import { cityTree, mergeUnits, moveUnit, removeUnit, renameUnit, replacePerson, type Tree } from './tree.ts'

export interface DirectoryOptions {
  readonly units: readonly CountedUnit[]
  /** keeps the tree over a restart, and what was asked: `tree.json`, `requests.jsonl` */
  readonly folder: string
  readonly servicePassword: string
  /** everybody's */
  readonly password: string
  /** milliseconds since 1970; the computer's clock unless told */
  readonly now?: () => number
}

/** `off`: connections are refused. `hang`: taken, and nothing is answered. `garbage`: answered with what is no LDAP. */
export type DirectoryMode = 'on' | 'off' | 'hang' | 'garbage'

/** The city's directory in miniature. */
export class SandboxDirectory {
  readonly #options: DirectoryOptions
  readonly #server: LdapServer
  readonly #requests: JsonLog<object>
  readonly #sockets = new Set<Socket>()
  readonly #tree: Tree
  #held: readonly Held[] | undefined
  #mode: DirectoryMode = 'off'
  #port = 0
  #saving: Promise<void> = Promise.resolve()

  constructor(options: DirectoryOptions) {
    this.#options = options
    this.#tree = readTree(options.folder) ?? cityTree(options.units, this.#stamp())
    this.#requests = new JsonLog(join(options.folder, 'requests.jsonl'))
    this.#server = ldapServer(
      {
        entries: () => this.#entries(),
        passwordOf: (dn) =>
          dn.equals(parseDN(serviceDn))
            ? options.servicePassword
            : this.#isPerson(dn.toString())
              ? options.password
              : undefined,
        answers: () => this.#mode === 'on',
        heard: (what) => void this.#requests.add({ at: new Date(this.#now()).toISOString(), ...what }),
      },
      (socket) => this.#greet(socket),
    )
    // A client that breaks off or writes nonsense is its own affair.
    this.#server.on('error', () => undefined)
    this.#server.on('clientError', () => undefined)
  }

  get url(): string {
    return `ldap://127.0.0.1:${this.#port}`
  }

  get mode(): DirectoryMode {
    return this.#mode
  }

  get tree(): { readonly units: Tree['units']; readonly people: Tree['people'] } {
    return structuredClone(this.#tree)
  }

  async start(): Promise<void> {
    await this.#save()
    await this.switch('on')
  }

  /** Open connections end with every change, as when somebody restarts it. The port stays. */
  async switch(mode: DirectoryMode): Promise<void> {
    const { server } = this.#server
    this.#mode = mode
    for (const socket of this.#sockets) socket.destroy()
    if (mode === 'off' && server.listening) {
      server.close()
      await once(server, 'close')
    }
    if (mode !== 'off' && !server.listening) {
      this.#port = await listen(server, this.#port)
    }
  }

  rename(id: string, name: string): Promise<void> {
    return this.#change((tree) => renameUnit(tree, id, name, this.#stamp()))
  }

  move(id: string, below: string | undefined): Promise<void> {
    return this.#change((tree) => moveUnit(tree, id, below, this.#stamp()))
  }

  merge(id: string, into: string): Promise<void> {
    return this.#change((tree) => mergeUnits(tree, id, into, this.#stamp()))
  }

  remove(id: string): Promise<void> {
    return this.#change((tree) => removeUnit(tree, id))
  }

  replace(uid: string, name: string, mobile: string): Promise<void> {
    return this.#change((tree) => replacePerson(tree, uid, name, mobile, this.#stamp()))
  }

  async close(): Promise<void> {
    await this.switch('off')
    await this.#saving
    await this.#requests.close()
  }

  #greet(socket: Socket): void {
    this.#sockets.add(socket)
    socket.on('close', () => this.#sockets.delete(socket))
    if (this.#mode === 'garbage') {
      socket.on('error', () => socket.destroy())
      socket.on('data', () => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n乱码\0'))
    } else this.#server.newConnection(socket)
  }

  async #change(change: (tree: Tree) => void): Promise<void> {
    change(this.#tree)
    this.#held = undefined
    await this.#save()
  }

  #save(): Promise<void> {
    const text = `${JSON.stringify(this.#tree, undefined, 1)}\n`
    this.#saving = this.#saving.then(() => writeDurably(join(this.#options.folder, 'tree.json'), text))
    return this.#saving
  }

  #entries(): readonly Held[] {
    return (this.#held ??= entriesOf(this.#tree).map((entry) => ({
      dn: parseDN(entry.dn),
      entry,
      match: matchable(entry),
    })))
  }

  #isPerson(dn: string): boolean {
    return this.#entries().some((held) => held.entry.attributes['uid'] !== undefined && held.dn.toString() === dn)
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now()
  }

  #stamp(): string {
    return `${new Date(this.#now()).toISOString().replace(/\.\d+Z$|[-:T]/g, '')}Z`
  }
}

function readTree(folder: string): Tree | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, 'tree.json'), 'utf8')) as Tree
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
