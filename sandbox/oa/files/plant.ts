import type { SftpHost } from '../../archive/sftp-host.ts'
import type { Plant, UnitOa } from '../port.ts'
import type { Folders } from './folders.ts'

/** A system that knows only files. Switched off it does nothing, and its own server, if it has one, is gone. */
export class FilesPlant implements Plant {
  readonly id: string
  readonly name: string
  readonly units: readonly UnitOa[]
  readonly #folders: Folders
  readonly #host: SftpHost | undefined
  on = true

  constructor(oa: UnitOa, name: string, folders: Folders, host?: SftpHost) {
    this.id = oa.unit
    this.name = name
    this.units = [oa]
    this.#folders = folders
    this.#host = host
  }

  async switch(on: boolean): Promise<void> {
    this.on = on
    if (on) await this.#host?.switchOn()
    else await this.#host?.switchOff()
  }

  async close(): Promise<void> {
    await this.switch(false)
    await this.#folders.close()
  }
}
