import { YizhanError } from '../errors/error.ts'
import { ConfigError } from './problems.ts'
import { endOf, readSecrets, placeSignature } from './secrets-source.ts'

/**
 * Passwords and keys, by name: `account.<account id>`, `<system id>.password`, `bus.password`.
 * They come from the environment or from a file outside the repository, never from the configuration.
 */
export interface Secrets {
  /** @throws YizhanError SECRET_MISSING */
  get(name: string): string
  has(name: string): boolean
  /**
   * What whoever shows us one may show: the one in force first, then, until its end, the one before it (`<name>.old`).
   */
  accepted(name: string, now: number): readonly AcceptedSecret[]
}

export interface AcceptedSecret {
  readonly secret: string
  /** of one that was replaced: when it ends, ms since 1970 */
  readonly until?: number | undefined
}

/** A secret that was replaced and is accepted beside the new one until its end. */
export interface Replaced {
  readonly name: string
  /** ms since 1970 */
  readonly until: number
}

/** The secrets of a station: read again when their file changes. */
export interface LiveSecrets extends Secrets {
  /** all that have an old one beside them, ended ones included */
  replaced(names: readonly string[]): readonly Replaced[]
  /**
   * Reads the file again where it has changed, and has been left alone since the last look: one that is being written
   * is not read half. `undefined`: nothing to read.
   *
   * @param urgent reads at once, and lets a file be that cannot be read yet
   */
  look(urgent?: boolean): Promise<SecretsLook | undefined>
  /** where they are read from; undefined: the environment only */
  readonly path: string | undefined
}

/** What a look has found: the names whose secrets are others now, or why the file is not taken. */
export type SecretsLook = { readonly changed: readonly string[] } | { readonly refused: ConfigError }

export interface SecretsOptions {
  /** `YIZHAN_SECRET_<NAME>` goes before the file; `YIZHAN_SECRETS_FILE` names the file where `file` is not given */
  readonly env?: Readonly<Record<string, string | undefined>>
  /**
   * a flat JSON or YAML object, mode 0600, or a folder of one file each, outside the repository (its ignored `var/`
   * excepted)
   */
  readonly file?: string | undefined
  /** a file without these is not taken where the one before had them */
  readonly required?: readonly string[]
}

/** Opens the secrets; wrong modes, places and contents of the file are CONFIG_INVALID, all at once. */
export function openSecrets(options: SecretsOptions = {}): LiveSecrets {
  const env = options.env ?? process.env
  const path = options.file ?? env['YIZHAN_SECRETS_FILE']
  return new KnownSecrets(env, path === '' ? undefined : path, options.required ?? [])
}

class KnownSecrets implements LiveSecrets {
  readonly path: string | undefined
  readonly #env: Readonly<Record<string, string | undefined>>
  readonly #required: readonly string[]
  #filed: ReadonlyMap<string, string>
  /** of the environment: asked for at every request, and slow to ask */
  readonly #given = new Map<string, string | undefined>()
  /** of the file as it was read; and as it was seen last */
  #read: string | undefined
  #seen: string | undefined

  constructor(
    env: Readonly<Record<string, string | undefined>>,
    path: string | undefined,
    required: readonly string[],
  ) {
    this.#env = env
    this.path = path
    this.#required = required
    this.#filed = path === undefined ? new Map<string, string>() : readSecrets(path)
  }

  has(name: string): boolean {
    return this.#find(name) !== undefined
  }

  get(name: string): string {
    const secret = this.#find(name)
    if (secret === undefined) throw new YizhanError('SECRET_MISSING', { field: name, rule: secretRule(name) })
    return secret
  }

  accepted(name: string, now: number): readonly AcceptedSecret[] {
    const secret = this.#find(name)
    if (secret === undefined) return []
    const old = this.#find(`${name}.old`)
    if (old === undefined) return [{ secret }]
    const until = this.#endOf(name)
    return until === undefined || now > until ? [{ secret }] : [{ secret }, { secret: old, until }]
  }

  replaced(names: readonly string[]): readonly Replaced[] {
    return names.flatMap((name) => {
      const until = this.has(`${name}.old`) ? this.#endOf(name) : undefined
      return until === undefined ? [] : [{ name, until }]
    })
  }

  async look(urgent = false): Promise<SecretsLook | undefined> {
    if (this.path === undefined) return undefined
    const now = await placeSignature(this.path)
    const quiet = now === this.#seen
    this.#seen = now
    // The first look is not a change: the file was read a moment ago.
    if (this.#read === undefined && !urgent) {
      this.#read = now
      return this.#take(this.path)
    }
    if (now === this.#read || !(quiet || urgent)) return undefined
    const taken = this.#take(this.path)
    if ('refused' in taken && urgent) return undefined
    this.#read = now
    return taken
  }

  #take(path: string): SecretsLook {
    try {
      const next = readSecrets(path)
      const lost = this.#required.filter(
        (name) => this.has(name) && this.#env[variableOf(name)] === undefined && !next.has(name),
      )
      if (lost.length > 0)
        return { refused: new ConfigError(lost.map((name) => ({ field: `secret ${name}`, rule: secretRule(name) }))) }
      const before = this.#filed
      const names = new Set([...before.keys(), ...next.keys()])
      this.#filed = next
      return {
        changed: [...names].filter(
          (name) => before.get(name) !== next.get(name) && this.#inEnvironment(name) === undefined,
        ),
      }
    } catch (error) {
      if (error instanceof ConfigError) return { refused: error }
      throw error
    }
  }

  #endOf(name: string): number | undefined {
    return endOf(this.#find(`${name}.old.until`) ?? '')
  }

  #find(name: string): string | undefined {
    return this.#inEnvironment(name) ?? this.#filed.get(name)
  }

  /** An empty variable is none: it would be a password that everybody knows. */
  #inEnvironment(name: string): string | undefined {
    if (!this.#given.has(name)) this.#given.set(name, this.#env[variableOf(name)] || undefined)
    return this.#given.get(name)
  }
}

/** The environment variable of a secret: `oa-epoint.password` is `YIZHAN_SECRET_OA_EPOINT_PASSWORD`. */
export function variableOf(name: string): string {
  return `YIZHAN_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}`
}

/** The rule that a missing secret breaks. */
export function secretRule(name: string): string {
  return `须由环境变量 ${variableOf(name)} 或密钥文件提供 / to be given by ${variableOf(name)} or the secrets file`
}
