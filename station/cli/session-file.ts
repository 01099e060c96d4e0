import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { z } from 'zod'

/** Sessions of `yizhan login`, by the station's origin: 0600 in the user's own folder, each until its end. */
const fileSchema = z.record(
  z.string(),
  z.strictObject({ token: z.string(), /** ms since 1970 */ until: z.number(), person: z.string() }),
)
type Sessions = z.infer<typeof fileSchema>
export type KeptSession = Sessions[string]

type Environment = Readonly<Record<string, string | undefined>>

export function sessionOf(origin: string, now: number, env: Environment = process.env): KeptSession | undefined {
  const kept = read(env)[origin]
  return kept === undefined || kept.until < now ? undefined : kept
}

/** @param session undefined: takes it away */
export function keepSession(origin: string, session: KeptSession | undefined, env: Environment = process.env): void {
  const path = pathIn(env)
  const kept = read(env)
  if (session === undefined && kept[origin] === undefined) return
  const others = Object.entries(kept).filter(([other]) => other !== origin)
  const all = Object.fromEntries([...others, ...(session === undefined ? [] : [[origin, session] as const])])
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  writeFileSync(`${path}.new`, `${JSON.stringify(all)}\n`, { mode: 0o600 })
  chmodSync(`${path}.new`, 0o600)
  renameSync(`${path}.new`, path)
}

/** One that cannot be read is none: whoever it was logs in again. */
function read(env: Environment): Sessions {
  try {
    return fileSchema.parse(JSON.parse(readFileSync(pathIn(env), 'utf8')))
  } catch {
    return {}
  }
}

function pathIn(env: Environment): string {
  const folder = env['XDG_CONFIG_HOME']
  return join(folder === undefined || folder === '' ? join(homedir(), '.config') : folder, 'yizhan', 'sessions.json')
}
