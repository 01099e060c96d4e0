import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { projectHome } from './home.ts'
import { isObject } from './merge.ts'
import { Problems } from './problems.ts'

/** Passwords, tokens and keys are small: a larger file is none of them, bytes. */
const LARGEST = 1024 * 1024

/**
 * All secrets of a file (a flat JSON or YAML object) or of a folder (one file a secret, named as the secret, as
 * Kubernetes and systemd credentials have them; names that begin with a dot are none). A byte order mark in front and
 * line breaks behind are no part of a secret.
 *
 * @throws ConfigError with everything that is wrong; none quotes a secret
 */
export function readSecrets(path: string): ReadonlyMap<string, string> {
  const problems = new Problems()
  const found = new Map<string, string>()
  try {
    const real = realpathSync(resolve(path))
    checkPlace(path, real, problems)
    if (statSync(real).isDirectory()) readFolder(path, found, problems)
    else readOne(path, found, problems)
  } catch (error) {
    problems.add(FIELD, path, unreadable(error))
  }
  checkOld(found, problems)
  problems.throwIfAny()
  return found
}

/**
 * What tells whether anything there has changed: replaced, renamed over, linked elsewhere, written to. Never rejects.
 */
export async function placeSignature(path: string): Promise<string> {
  try {
    const signature = await fileSignature(path)
    if (!signature.folder) return signature.text
    const files = await Promise.all(
      (await readdir(path))
        .filter(isSecret)
        .sort()
        .map(async (name) => `${name} ${(await fileSignature(join(path, name))).text}`),
    )
    return files.join('\n')
  } catch (error) {
    return `? ${(error as NodeJS.ErrnoException).code ?? String(error)}`
  }
}

async function fileSignature(path: string): Promise<{ readonly folder: boolean; readonly text: string }> {
  const found = await stat(path, { bigint: true })
  const { dev, ino, mode, size, mtimeNs, ctimeNs } = found
  return { folder: found.isDirectory(), text: [dev, ino, mode, size, mtimeNs, ctimeNs].join(' ') }
}

/**
 * The end of `<name>.old`, ms since 1970: of the day that is named (Asia/Shanghai), or the instant; undefined where it
 * is neither.
 */
export function endOf(until: string): number | undefined {
  const text = until.trim()
  if (day.safeParse(text).success) return Date.parse(`${text}T23:59:59.999+08:00`)
  return instant.safeParse(text).success ? Date.parse(text) : undefined
}

const day = z.iso.date()
const instant = z.iso.datetime({ offset: true })

/** What `<name>.old.until` must be. */
const UNTIL_RULE =
  '最后一天 YYYY-MM-DD（北京时间），或带时区的时刻 / the last day, YYYY-MM-DD in Beijing, or an instant with its zone'

const FIELD = '密钥文件 secrets file'
const isSecret = (name: string): boolean => !name.startsWith('.')

function readOne(path: string, found: Map<string, string>, problems: Problems): void {
  checkMode(path, 0o077, '0600', problems)
  const text = textOf(path)
  let data: unknown
  try {
    data = parse(text)
  } catch {
    // The parser's message would quote the file.
    return problems.add(FIELD, path, '须为 JSON 或 YAML / must be JSON or YAML')
  }
  if (!isObject(data))
    return problems.add(FIELD, path, '须为名称到非空字符串的映射 / a flat map of names to non-empty strings')
  for (const [name, value] of Object.entries(data)) {
    if (typeof value === 'string' && trimmed(value) !== '') found.set(name, trimmed(value))
    else
      problems.add(
        `secret ${name}`,
        undefined,
        `须为非空字符串；数字加引号 / a non-empty string; put a number in quotes（${path}）`,
      )
  }
}

/** Others than the owner's group have no business there; a group may read, since that is how a pod gets its secrets. */
function readFolder(path: string, found: Map<string, string>, problems: Problems): void {
  for (const name of readdirSync(path).filter(isSecret).sort()) {
    const file = join(path, name)
    if (!statSync(file).isFile()) continue
    checkMode(file, 0o037, '0600 或 or 0440', problems)
    try {
      const value = trimmed(textOf(file))
      if (value === '') problems.add(`secret ${name}`, undefined, `文件为空 / the file is empty（${file}）`)
      else found.set(name, value)
    } catch (error) {
      problems.add(FIELD, file, unreadable(error))
    }
  }
}

/** @throws Error for bytes that are no UTF-8, and for a file that is no secret by its size */
function textOf(path: string): string {
  const bytes = readFileSync(path)
  if (bytes.length > LARGEST) throw new Error(`大于 / larger than ${LARGEST} B`)
  // Takes a byte order mark away.
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
}

function trimmed(text: string): string {
  let end = text.length
  while (end > 0 && (text[end - 1] === '\n' || text[end - 1] === '\r')) end--
  return text.slice(0, end)
}

/** An old password without an end would be one for ever. */
function checkOld(found: ReadonlyMap<string, string>, problems: Problems): void {
  for (const name of found.keys()) {
    const until = name.endsWith('.old') ? found.get(`${name}.until`) : undefined
    if (name.endsWith('.old') && (until === undefined || endOf(until) === undefined))
      problems.add(`secret ${name}.until`, until, UNTIL_RULE)
  }
}

function checkPlace(path: string, real: string, problems: Problems): void {
  const home = realpathSync(projectHome())
  if (real.startsWith(home + sep) && !real.startsWith(join(home, 'var') + sep))
    problems.add(FIELD, path, '不得放在代码库中（var/ 除外） / must lie outside the repository (or in its var/)')
}

function checkMode(path: string, forbidden: number, wanted: string, problems: Problems): void {
  // POSIX permissions mean nothing on Windows.
  if (process.platform !== 'win32' && (statSync(path).mode & forbidden) !== 0)
    problems.add(FIELD, path, `权限须为 ${wanted} / its mode must be ${wanted}`)
}

function unreadable(error: unknown): string {
  return `无法读取 / cannot be read: ${(error as Error).message}`
}
