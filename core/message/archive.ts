import { z } from 'zod'
import { envelope, subject } from './envelope.ts'

/** 归档批次: documents that go to the archive bureau together. */
export const archiveBatchMessage = z.object({
  schema: z.literal('archive-batch/1'), kind: z.literal('archive-batch'), ...envelope,
  batch: z.object({
    /** of the readme and the catalogue, YYYY-MM-DD */
    date: z.iso.date(),
    /** our ids of the documents, in the order of their numbers in the batch */
    documents: z.array(z.string()).min(1).max(9_999),
    /** what an operator corrected of a document's catalogue entry after a refusal, by its id: canonical paths such as `document.title` */
    corrections: z.record(z.string(), z.record(z.string(), z.string())).optional(),
  }),
})
export type ArchiveBatchMessage = z.infer<typeof archiveBatchMessage>

/** 接收回执 of the archive bureau. */
export const archiveReceiptMessage = z.object({
  schema: z.literal('archive-receipt/1'), kind: z.literal('archive-receipt'), ...envelope,
  /** the batch */
  about: subject,
  archiveReceipt: z.object({
    batch: z.string(),
    accepted: z.boolean(),
    reason: z.string().max(2_000).optional(),
    /** what was refused, by number in the batch */
    refused: z.array(z.object({ sequence: z.number().int(), archiveNumber: z.string().optional(), document: z.string().optional(), reason: z.string().max(2_000) })),
    at: z.iso.datetime(),
  }),
})
export type ArchiveReceiptMessage = z.infer<typeof archiveReceiptMessage>
