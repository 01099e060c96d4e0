import { compileMapping, loadMappings, type MappingSource, type MessageMap } from '../../core/mapping/message-map.ts'

/** The mappings that the station's configuration has now. A station that names none leaves it to the project's own. */
export class Mappings {
  #maps: ReadonlyMap<string, MessageMap> = new Map()
  #ready: Promise<void> = Promise.resolve()

  use(mappings: readonly MappingSource[] | undefined): void {
    if (mappings !== undefined) this.#set(mappings)
    else this.#ready = loadMappings().then((own) => this.#set(own))
    // Whoever asks for a mapping then finds none, and says so.
    this.#ready.catch(() => undefined)
  }

  /** Resolves when they can be asked for. */
  ready(): Promise<void> {
    return this.#ready
  }

  get(id: string): MessageMap | undefined {
    return this.#maps.get(id)
  }

  list(): readonly MessageMap[] {
    return [...this.#maps.values()]
  }

  #set(mappings: readonly MappingSource[]): void {
    this.#maps = new Map(mappings.map((mapping) => [mapping.id, compileMapping(mapping)]))
  }
}
