import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { Semaphore } from '../util/semaphore.ts'

/** Cost of scrypt (RFC 7914): 2^ln blocks of 128·r bytes, p times. */
export interface HashCost {
  readonly ln: number
  readonly r: number
  readonly p: number
}

/** 32 MB and some 200 ms in a thread of libuv's; what OWASP asks for at 32 MB. */
const HASH_COST: HashCost = { ln: 15, r: 8, p: 3 }

const SALT_BYTES = 16
const HASH_BYTES = 32
/** As many at once: libuv has four threads, and files are read and written by them too. */
const turns = new Semaphore(2)

const WRITTEN = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{8,64})\$([\w-]{20,128})$/

/** Never blocks: scrypt runs in a thread of libuv's. Parameters and salt stand in what is returned. */
export async function hashPassword(password: string, cost: HashCost = HASH_COST): Promise<string> {
  const salt = randomBytes(SALT_BYTES)
  const derived = await derive(password, salt, cost, HASH_BYTES)
  const { ln, r, p } = cost
  return `$scrypt$ln=${ln},r=${r},p=${p}$${salt.toString('base64url')}$${derived.toString('base64url')}`
}

/** Whether it is the password; false for what `hashPassword` has not written. */
export async function verifyPassword(password: string, written: string): Promise<boolean> {
  const parts = partsOf(written)
  if (parts === undefined) return false
  const derived = await derive(password, parts.salt, parts.cost, parts.hash.length)
  return timingSafeEqual(derived, parts.hash)
}

/** Whether it is to be hashed anew at the next login, since the house asks for more by now. */
export function isCheaper(written: string, cost: HashCost = HASH_COST): boolean {
  const now = partsOf(written)?.cost
  return now === undefined || now.ln < cost.ln || now.r < cost.r || now.p < cost.p
}

function partsOf(
  written: string,
): { readonly cost: HashCost; readonly salt: Buffer; readonly hash: Buffer } | undefined {
  const [, ln, r, p, salt = '', hash = ''] = WRITTEN.exec(written) ?? []
  if (ln === undefined) return undefined
  const cost = { ln: Number(ln), r: Number(r), p: Number(p) }
  // A file that somebody has written must not cost gigabytes.
  if (cost.ln < 1 || cost.ln > 20 || cost.r < 1 || cost.p < 1) return undefined
  return { cost, salt: Buffer.from(salt, 'base64url'), hash: Buffer.from(hash, 'base64url') }
}

/** The same text is the same password, however a keyboard composes it. */
async function derive(password: string, salt: Buffer, { ln, r, p }: HashCost, bytes: number): Promise<Buffer> {
  await turns.take()
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const N = 2 ** ln
      scrypt(password.normalize('NFKC'), salt, bytes, { N, r, p, maxmem: 256 * N * r }, (error, key) =>
        error === null ? resolve(key) : reject(error),
      )
    })
  } finally {
    turns.leave()
  }
}
