import { readFileSync, realpathSync, statSync } from 'node:fs'
import { join, resolve, sep } from 'node:path'
import { parse } from 'yaml'
import { projectHome } from './home.ts'
import { isObject } from './merge.ts'
import { ConfigError } from './problems.ts'

/**
 * Passwords and keys, by name: `account.<account id>`, `<system id>.password`, `bus.password`.
 * They come from the environment or from a file outside the repository, never from the configuration.
 */
export interface Secrets {
  /** @throws YizhanError CONFIG_INVALID naming a secret that is missing */
  get(name: string): string
  has(name: string): boolean
}

export interface SecretsOptions {
  /** `YIZHAN_SECRET_<NAME>` goes before the file; `YIZHAN_SECRETS_FILE` names the file where `file` is not given */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** a flat JSON or YAML object, mode 0600, outside the repository (its ignored `var/` excepted) */
  readonly file?: string | undefined
}

/** Opens the secrets; wrong modes, places and contents of the file are CONFIG_INVALID. */
export function openSecrets(options: SecretsOptions = {}): Secrets {
  const env = options.env ?? process.env
  const path = options.file ?? env['YIZHAN_SECRETS_FILE']
  const filed = path === undefined || path === '' ? new Map<string, string>() : readSecrets(path)
  // Asked for at every request, and the environment is slow to ask.
  const found = new Map<string, string>()
  const look = (name: string): string | undefined => {
    const secret = found.get(name) ?? env[variableOf(name)] ?? filed.get(name)
    if (secret !== undefined) found.set(name, secret)
    return secret
  }
  return {
    has: (name) => look(name) !== undefined,
    get(name) {
      const secret = look(name)
      if (secret === undefined) throw missingSecret(name)
      return secret
    },
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

function missingSecret(name: string): ConfigError {
  return new ConfigError([{ field: `secret ${name}`, rule: secretRule(name) }])
}

function readSecrets(path: string): Map<string, string> {
  const refuse = (rule: string, cause?: unknown): ConfigError =>
    new ConfigError([{ field: 'secrets file', value: path, rule }], cause)
  let text: string
  try {
    checkPlace(path, refuse)
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw refuse(`无法读取 / cannot be read: ${(error as Error).message}`, error)
  }
  let data: unknown
  try {
    data = parse(text)
  } catch {
    // The parser's message would quote the file.
    throw refuse('须为 JSON 或 YAML / must be JSON or YAML')
  }
  const entries = Object.entries(isObject(data) ? data : {})
  const wrong = entries.filter(([, value]) => typeof value !== 'string' || value === '').map(([name]) => name)
  if (!isObject(data) || wrong.length > 0)
    throw refuse(
      `须为名称到非空字符串的映射 / a flat map of names to non-empty strings${wrong.length > 0 ? `: ${wrong.join(', ')}` : ''}`,
    )
  return new Map(entries as [string, string][])
}

function checkPlace(path: string, refuse: (rule: string) => ConfigError): void {
  const real = realpathSync(resolve(path))
  const home = realpathSync(projectHome())
  if (real.startsWith(home + sep) && !real.startsWith(join(home, 'var') + sep))
    throw refuse('不得放在代码库中（var/ 除外） / must lie outside the repository (or in its var/)')
  // POSIX permissions mean nothing on Windows.
  if (process.platform !== 'win32' && (statSync(real).mode & 0o077) !== 0)
    throw refuse('权限须为 0600 / its mode must be 0600')
}
