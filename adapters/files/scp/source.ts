import { YizhanError } from '../../../core/errors/error.ts'
import { writeName } from '../../kit/remote/names.ts'
import type { SessionParts } from '../sftp/session.ts'
import { pathOf } from '../tree/path.ts'
import type { FileEntry, Path } from '../tree/port.ts'
import type { ScpCommand } from './command.ts'
import type { ScpWire } from './wire.ts'

const PART = 64 * 1024
const READING = { read: true, write: false, append: false, create: false, truncate: false, exclusive: false }

/** `scp -f`: gives files and folders. Resolves with whether all went well. */
export async function sendFiles(wire: ScpWire, command: ScpCommand, parts: SessionParts): Promise<boolean> {
  await wire.goOn()
  let good = true
  for (const text of command.paths)
    for (const path of await matching(pathOf(text, parts.limits), parts)) {
      const sent = await sendOne(wire, command, parts, path).catch(async (thrown: unknown) => {
        if (!(thrown instanceof YizhanError)) throw thrown
        await wire.warn(thrown.message)
        return false
      })
      good &&= sent
    }
  return good
}

/** There is no shell that would do it: `*` and `?` in the last name. */
async function matching(path: Path, { root }: SessionParts): Promise<readonly Path[]> {
  const pattern = path.at(-1) ?? ''
  if (!/[*?]/.test(pattern) || (await root.stat(path)) !== undefined) return [path]
  const folder = path.slice(0, -1)
  const found = (await root.list(folder)).filter(({ name }) => matches(name, pattern))
  return found.length === 0 ? [path] : found.map(({ name }) => [...folder, name])
}

/** Linear in both: where a part does not fit, only the last `*` takes one character more. */
function matches(name: string, pattern: string): boolean {
  const [text, wanted] = [Array.from(name), Array.from(pattern)]
  let [at, look, star, back] = [0, 0, -1, 0]
  while (at < text.length) {
    if (wanted[look] === '*') {
      star = look++
      back = at
    } else if (look < wanted.length && (wanted[look] === '?' || wanted[look] === text[at])) {
      at++
      look++
    } else if (star !== -1) {
      look = star + 1
      at = ++back
    } else return false
  }
  return wanted.slice(look).every((character) => character === '*')
}

async function sendOne(wire: ScpWire, command: ScpCommand, parts: SessionParts, path: Path): Promise<boolean> {
  if (parts.signal.aborted) return false
  const entry = await parts.root.stat(path)
  if (entry === undefined) throw new YizhanError('FILES_NOT_THERE', { value: `/${path.join('/')}` })
  if (entry.kind === 'file') return sendFile(wire, command, parts, path, entry)
  if (!command.recursive)
    throw new YizhanError('FILES_FIXED', { value: `/${path.join('/')}`, rule: '目录须用 -r / a folder needs -r' })
  await say(wire, parts, `D0700 0 `, path.at(-1) ?? '.')
  let good = true
  for (const { name } of await parts.root.list(path))
    good = (await sendOne(wire, command, parts, [...path, name])) && good
  await wire.write('E\n')
  await wire.goOn()
  return good
}

async function sendFile(
  wire: ScpWire,
  command: ScpCommand,
  parts: SessionParts,
  path: Path,
  { changedAt }: FileEntry,
): Promise<boolean> {
  const file = await parts.root.open(path, READING)
  let whole = false
  try {
    if (command.times) {
      const seconds = Math.floor(changedAt / 1000)
      await wire.write(`T${seconds} 0 ${seconds} 0\n`)
      await wire.goOn()
    }
    const { size } = file
    await say(wire, parts, `C0600 ${size} `, path.at(-1) ?? '')
    for (let at = 0; at < size;) {
      const part = await file.read(at, Math.min(PART, size - at))
      if (part.length === 0) throw new YizhanError('INTERNAL', { detail: `scp: ${at} of ${size} bytes` })
      await parts.pace(part.length)
      await wire.write(part)
      at += part.length
    }
    await wire.ok()
    // Only now it has all of it.
    await wire.goOn()
    whole = true
  } finally {
    await file.close(whole)
  }
  return true
}

async function say(wire: ScpWire, parts: SessionParts, head: string, name: string): Promise<void> {
  await wire.write(Buffer.concat([Buffer.from(head), writeName(name, parts.names), Buffer.from('\n')]))
  await wire.goOn()
}
