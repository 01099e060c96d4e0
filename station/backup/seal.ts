import { Decrypter, Encrypter, identityToRecipient } from 'age-encryption'
import { createHash, type Hash } from 'node:crypto'
import { mkdir, open, readFile, type FileHandle } from 'node:fs/promises'
import { dirname } from 'node:path'
import { asError, YizhanError } from '../../core/errors/error.ts'
import type { Copied } from './copy.ts'

/** Files of a backup in the format of age (age-encryption.org/v1), each by itself, in pieces. */

const PIECE = 1024 * 1024
/** What an encrypted file's name ends with. */
export const SEALED = '.age'

/** A file that was read, and what was written of it. */
export interface Sealed extends Copied {
  /** of the encrypted file */
  readonly sealed: Copied
}

/** Encrypts a file's first bytes into another, synced, for its owner alone. */
export async function sealFile(
  from: string,
  to: string,
  { recipients, most = Infinity, progress }: SealOptions,
): Promise<Sealed> {
  const encrypter = new Encrypter()
  for (const one of recipients) encrypter.addRecipient(one)
  return through(from, to, { most, progress, convert: (plain) => encrypter.encrypt(plain) }).then(
    ([plain, sealed]) => ({
      ...plain,
      sealed,
    }),
  )
}

interface SealOptions {
  readonly recipients: readonly string[]
  /** bytes */
  readonly most?: number | undefined
  /** bytes at a time */
  readonly progress?: ((bytes: number) => void) | undefined
}

/**
 * Decrypts a file into another, synced, for its owner alone.
 *
 * @throws Error where a byte is not as it was written, or no identity fits
 */
export async function openSealed(
  from: string,
  to: string,
  identities: Identities,
  progress?: (bytes: number) => void,
): Promise<Sealed> {
  const decrypter = new Decrypter()
  for (const one of identities.keys) decrypter.addIdentity(one)
  const [sealed, plain] = await through(from, to, { progress, convert: (bytes) => decrypter.decrypt(bytes) })
  return { ...plain, sealed }
}

type Bytes = ReadableStream<Uint8Array>

/** What was read, and what was written. */
async function through(
  from: string,
  to: string,
  {
    most = Infinity,
    progress,
    convert,
  }: Pick<SealOptions, 'most' | 'progress'> & { convert: (bytes: Bytes) => Promise<Bytes> },
): Promise<readonly [Copied, Copied]> {
  await mkdir(dirname(to), { recursive: true, mode: 0o700 })
  const source = await open(from, 'r')
  try {
    const target = await open(to, 'w', 0o600)
    try {
      const read = new Sum()
      const written = new Sum()
      const converted = await convert(ReadableStream.from(pieces(source, most, read, progress)))
      for await (const bytes of converted) {
        written.add(bytes)
        await target.writeFile(bytes)
      }
      await target.sync()
      return [read.told(), written.told()]
    } finally {
      await target.close()
    }
  } finally {
    await source.close()
  }
}

async function* pieces(
  source: FileHandle,
  most: number,
  sum: Sum,
  progress: ((bytes: number) => void) | undefined,
): AsyncGenerator<Uint8Array> {
  for (let done = 0; done < most;) {
    // each its own: who reads it may keep it
    const piece = Buffer.allocUnsafe(Math.min(PIECE, most - done))
    const { bytesRead } = await source.read(piece, 0, piece.length, done)
    if (bytesRead === 0) return
    done += bytesRead
    const bytes = piece.subarray(0, bytesRead)
    sum.add(bytes)
    yield bytes
    progress?.(bytesRead)
  }
}

/** Length and digest of what passes. */
class Sum {
  readonly #hash: Hash = createHash('sha256')
  #bytes = 0

  add(bytes: Uint8Array): void {
    this.#hash.update(bytes)
    this.#bytes += bytes.length
  }

  told(): Copied {
    return { bytes: this.#bytes, sha256: this.#hash.digest('hex') }
  }
}

/** Private keys, and the public ones that they belong to. */
export interface Identities {
  readonly keys: readonly string[]
  readonly recipients: readonly string[]
}

/**
 * Reads a file of private keys as `age-keygen` writes it: one a line, lines with # are remarks.
 *
 * @throws YizhanError IDENTITY_UNREADABLE; no part of a key is told
 */
export async function readIdentities(file: string): Promise<Identities> {
  const refuse = (detail: string, cause?: unknown): YizhanError =>
    new YizhanError('IDENTITY_UNREADABLE', { field: file, detail }, { cause })
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw refuse(asError(error).message, error)
  })
  const keys: string[] = []
  const recipients: string[] = []
  for (const [at, line] of text.split(/\r?\n/u).entries()) {
    const key = line.trim()
    if (key === '' || key.startsWith('#')) continue
    try {
      recipients.push(await identityToRecipient(key))
    } catch {
      throw refuse(`第 ${at + 1} 行不是私钥 / line ${at + 1} is no private key`)
    }
    keys.push(key)
  }
  if (keys.length === 0) throw refuse('其中没有私钥 / it has no private key')
  return { keys, recipients }
}
