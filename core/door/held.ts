import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import { open, readdir, readFile, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { digestOnce } from '../content/digest.ts'
import { syncFolder } from '../util/sync-folder.ts'
import { wipe } from '../util/wipe.ts'
import type { RawRecord } from '../ledger/port.ts'
import type { Account, Draft, HeldDraft, HeldItem } from './port.ts'

/** What a person has said before of the same submission. */
export type Verdict = { readonly cleared: string } | { readonly refused: true } | undefined

/**
 * What waits for a person's judgement: in a folder of its own (0700), outside ledger, content and logs, wiped when it
 * is judged. An item is known by its account and content, so that the same submission again is the same item.
 */
export interface HeldStore {
  idOf(account: Account, draft: Draft): string
  verdict(id: string): Promise<Verdict>
  keep(item: HeldDraft): Promise<void>
  list(): Promise<readonly HeldItem[]>
  get(id: string): Promise<HeldDraft | undefined>
  /** wipes it, and remembers what was said of it; nothing else of it stays */
  judge(id: string, verdict: NonNullable<Verdict>): Promise<void>
}

const verdictSchema = z.union([z.object({ cleared: z.string() }), z.object({ refused: z.literal(true) })])

const ID = /^held-[0-9a-f]{24}$/

/** @param folder made when it is missing */
export function createHeldStore(folder: string): HeldStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = (id: string, end: string): string => join(folder, `${id}${end}`)

  const read = async (file: string): Promise<string | undefined> => {
    try {
      return await readFile(file, 'utf8')
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  }
  const write = async (file: string, text: string): Promise<void> => {
    const handle = await open(`${file}.new`, 'w', 0o600)
    try {
      try {
        await handle.writeFile(text)
        await handle.sync()
      } finally {
        await handle.close()
      }
    } catch (error) {
      // Of what could not be kept nothing stays either.
      await wipe(`${file}.new`)
      throw error
    }
    await rename(`${file}.new`, file)
    await syncFolder(folder)
  }
  const get = async (id: string): Promise<HeldDraft | undefined> => {
    const text = ID.test(id) ? await read(path(id, '.json')) : undefined
    return text === undefined ? undefined : revived(text)
  }

  return {
    idOf: (account, draft) => `held-${hash('sha256', contentOf(account, draft), 'hex').slice(0, 24)}`,
    async verdict(id) {
      const text = ID.test(id) ? await read(path(id, '.verdict')) : undefined
      return text === undefined ? undefined : verdictSchema.parse(JSON.parse(text))
    },
    keep: (item) => write(path(item.id, '.json'), written(item)),
    async list() {
      const names = (await readdir(folder)).filter((name) => name.endsWith('.json'))
      const items = await Promise.all(names.map((name) => get(name.slice(0, -5))))
      return items
        .flatMap((item) => (item === undefined ? [] : [itemOf(item)]))
        .sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1))
    },
    get,
    async judge(id, verdict) {
      await write(path(id, '.verdict'), JSON.stringify(verdict))
      await wipe(path(id, '.json'))
      await syncFolder(folder)
    },
  }
}

function itemOf({ id, at, system, account, kind, why }: HeldItem): HeldItem {
  return { id, at, system, account, kind, why }
}

/** A draft as JSON: bytes as base64, what computes a petition's code by what it computed. */
function written({ draft, raw, ...item }: HeldDraft): string {
  return JSON.stringify({
    ...item,
    code: draft.kind === 'petition' && draft.id !== undefined ? draft.codeOf(draft.id) : undefined,
    draft: {
      ...draft,
      files: draft.files?.map(({ bytes, ...file }) => ({ ...file, base64: bytes.toString('base64') })),
    },
    raw: raw && {
      ...raw,
      pieces: raw.pieces.map((piece) =>
        'bytes' in piece ? { base64: Buffer.from(piece.bytes).toString('base64') } : piece,
      ),
    },
  })
}

const bytesSchema = z.looseObject({ base64: z.base64() })
const heldSchema = z.object({
  id: z.string(),
  at: z.number(),
  system: z.string(),
  account: z.string(),
  kind: z.string(),
  why: z.string(),
  units: z.union([z.literal('*'), z.array(z.string())]),
  code: z.string().optional(),
  draft: z.looseObject({ files: z.array(bytesSchema).optional() }),
  raw: z.looseObject({ pieces: z.array(z.union([bytesSchema, z.looseObject({ base64Of: z.string() })])) }).optional(),
})

function revived(text: string): HeldDraft {
  const { code = '', draft, raw, ...item } = heldSchema.parse(JSON.parse(text))
  const withBytes = ({ base64, ...rest }: z.infer<typeof bytesSchema>) => ({
    ...rest,
    bytes: Buffer.from(base64, 'base64'),
  })
  return {
    ...item,
    draft: {
      ...draft,
      ...(draft.files === undefined ? {} : { files: draft.files.map(withBytes) }),
      ...(draft['kind'] === 'petition' ? { codeOf: () => code } : {}),
    } as unknown as Draft,
    raw:
      raw &&
      ({
        ...raw,
        pieces: raw.pieces.map((piece) => ('base64' in piece ? withBytes(piece as never) : piece)),
      } as unknown as RawRecord),
  }
}

/** What makes a submission the same: who sends it and all of its content, whatever was declared of it. */
function contentOf(account: Account, draft: Draft): string {
  const files = draft.files?.map(({ bytes, ...file }) => ({ ...file, digest: digestOnce(bytes) }))
  return JSON.stringify([account.system, account.id, { ...draft, files, id: undefined, notClassified: undefined }])
}
