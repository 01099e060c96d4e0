import { hash } from 'node:crypto'

/** Urgency as a clerk ticks it on the form; each dialect writes it in its own words. */
export const URGENCY_WORDS = ['特急', '加急', '普通'] as const
export type UrgencyWord = (typeof URGENCY_WORDS)[number]

/** A file on a clerk's desk. */
export interface PaperFile {
  readonly name: string
  readonly role: 'main' | 'annex'
  readonly bytes: Buffer
}

/** A document on its way out of an OA, before any dialect. */
export interface Paper {
  /** the OA's own id: the same on every try */
  readonly key: string
  readonly number: string
  readonly title: string
  /** 文种 */
  readonly documentType: string
  readonly urgency: UrgencyWord
  /** 主送机关 as written */
  readonly to: string
  /** 抄送机关 as written */
  readonly cc?: string | undefined
  /** 成文日期, YYYY-MM-DD */
  readonly date: string
  readonly signer?: string | undefined
  /** of a joint paper (联合行文) all that issue it, the sender first */
  readonly issuers?: readonly { readonly name: string; readonly code: string }[] | undefined
  /** 秘密等级 as a careless clerk might fill it in */
  readonly securityClass?: string | undefined
  /** 发布层次 */
  readonly releaseLevel?: string | undefined
  readonly files: readonly PaperFile[]
}

/** SHA-256 over each of a paper's files, lower-case hex. */
export function fileDigests(paper: Paper): string[] {
  return paper.files.map((file) => hash('sha256', file.bytes, 'hex'))
}

/** SHA-256 over a paper's main file, lower-case hex, as every receiver will compute it. */
export function mainDigest(paper: Paper): string {
  const main = paper.files.find((file) => file.role === 'main') ?? paper.files[0]
  return hash('sha256', main?.bytes ?? Buffer.alloc(0), 'hex')
}
