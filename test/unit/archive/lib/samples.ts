import { hash } from 'node:crypto'
import { join } from 'node:path'
import { archiveSchema, type ArchiveConfig } from '../../../../adapters/archive/config.ts'
import { loadArchiveProfile, type CompiledArchiveProfile } from '../../../../adapters/archive/profile/load.ts'
import type { ArchiveItem, BatchInput, ReadBody } from '../../../../adapters/archive/batch.ts'
import type { DocumentMessage, FileRef } from '../../../../core/message/schema.ts'

export const profileFolder = join(import.meta.dirname, '../../../../config/archive')

export const defaultProfile = (): Promise<CompiledArchiveProfile> => loadArchiveProfile(profileFolder, 'default')

/** Bodies by digest, and the reader that a batch wants. */
export class Bodies {
  readonly #held = new Map<string, Buffer>()

  add(name: string, bytes: Buffer, role: 'main' | 'annex' = 'main'): FileRef {
    const digest = `sha256:${hash('sha256', bytes, 'hex')}`
    this.#held.set(digest, bytes)
    return { name, role, mediaType: 'application/octet-stream', size: bytes.length, digest }
  }

  readonly read: ReadBody = async (digest) => {
    const bytes = this.#held.get(digest)
    if (bytes === undefined) throw new Error(`no body ${digest}`)
    return bytes
  }
}

export function documentOf(
  serial: number,
  files: readonly FileRef[],
  changes: Partial<DocumentMessage['document']> = {},
): DocumentMessage {
  return {
    schema: 'document/1',
    kind: 'document',
    id: `m-${serial}`,
    trace: `m-${serial}`,
    number: `周政办〔2026〕${serial}号`,
    from: { unit: 'zhengfuban', name: '市政府办公室' },
    recipients: [],
    urgency: 'ordinary',
    acceptedAt: '2026-11-22T01:02:03.000Z',
    origin: { system: 'oa' },
    files: [...files],
    document: {
      direction: 'issue',
      title: `关于做好第${serial}项工作的通知`,
      documentType: '通知',
      date: '2026-11-20',
      securityClass: '公开',
      ...changes,
    },
  }
}

/** A batch input of so many documents, numbered from `first`; each with a main file and, every third, an annex. */
export function sampleInput(id: string, count: number, bodies: Bodies, bytes = 3_000, first = 1): BatchInput {
  const items = Array.from({ length: count }, (_, at): ArchiveItem => {
    const main = bodies.add(`关于第${at + 1}项：工作 的通知.pdf`, Buffer.alloc(bytes, `正文${at + 1} ${id}`))
    const annex = at % 3 === 0 ? [bodies.add('附件*表?.XLSX', Buffer.alloc(bytes / 2, `附件${at + 1}`), 'annex')] : []
    return { message: documentOf(first + at, [main, ...annex]), itemNumber: first + at }
  })
  return { id, date: '2026-11-22', items }
}

export function sampleConfig(changes: Record<string, unknown> = {}): ArchiveConfig {
  return archiveSchema.parse({
    server: { host: '127.0.0.1', username: 'yizhan', hostKeys: [`SHA256:${'A'.repeat(43)}`] },
    sender: '周口市人民政府公文交换站',
    classification: { fonds: { default: { code: '0094', name: '周口市人民政府' } } },
    ...changes,
  })
}
