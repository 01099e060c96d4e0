import type { FileEntry } from '../tree/port.ts'
import type { Attributes } from '../../kit/sftp/attributes.ts'

/** The owner's, and nobody else's. */
const FOLDER = 0o40700
const FILE = 0o100600

export function attributesOf({ kind, size, changedAt }: FileEntry): Attributes {
  const seconds = Math.max(0, Math.floor(changedAt / 1000)) % 2 ** 32
  return {
    size,
    permissions: kind === 'folder' ? FOLDER : FILE,
    times: { read: seconds, changed: seconds },
  }
}

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** What `ls -l` writes before the name (UTC, as the year is always told), with the space behind it. */
export function longName({ kind, size, changedAt }: FileEntry): Buffer {
  const at = new Date(changedAt)
  const rights = kind === 'folder' ? 'drwx------' : '-rw-------'
  const day = `${MONTHS[at.getUTCMonth()] ?? ''} ${String(at.getUTCDate()).padStart(2)}  ${at.getUTCFullYear()}`
  return Buffer.from(`${rights}    1 yizhan   yizhan   ${String(size).padStart(10)} ${day} `)
}
