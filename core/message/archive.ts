import { z } from 'zod'
import { repairable } from './repairable.ts'
import { envelope, subject } from './envelope.ts'

/**
 * of documents' catalogue entries, by their ids: canonical paths such as `document.title`, and the value that shall
 * stand there
 */
const corrections = z.record(z.string(), z.record(z.string(), z.string()))

/** 归档批次: documents that go to the archive bureau together. */
export const archiveBatchMessage = z.object({
  schema: z.literal('archive-batch/1'),
  kind: z.literal('archive-batch'),
  ...envelope,
  batch: z.object({
    /** of the readme and the catalogue, YYYY-MM-DD */
    date: z.iso.date(),
    /** our ids of the documents, in the order of their numbers in the batch */
    documents: repairable(z.array(z.string()).min(1).max(9_999), 'one that cannot be archived is left out'),
    /** what an operator corrected after a refusal */
    corrections: repairable(corrections.optional(), 'what the catalogue says of a document'),
  }),
})
export type ArchiveBatchMessage = z.infer<typeof archiveBatchMessage>

/** 接收回执 of the archive bureau. */
export const archiveReceiptMessage = z.object({
  schema: z.literal('archive-receipt/1'),
  kind: z.literal('archive-receipt'),
  ...envelope,
  /** the batch */
  about: subject,
  archiveReceipt: z.object({
    batch: z.string(),
    accepted: z.boolean(),
    reason: z.string().max(2_000).optional(),
    /** these never left: our own checks set them aside, and sent the others */
    setAside: z.boolean().optional(),
    /** what was refused, by number in the batch */
    refused: z.array(
      z.object({
        sequence: z.number().int(),
        archiveNumber: z.string().optional(),
        document: z.string().optional(),
        reason: z.string().max(2_000),
      }),
    ),
    /** the batch's documents, by our ids */
    documents: z.array(z.string()).max(9_999).default([]),
    /** as they stood in the batch */
    corrections: corrections.optional(),
    /**
     * filled in by an operator, who sends a refused batch again: these corrections beside the former, without these
     * documents
     */
    resend: repairable(
      z.object({ corrections: corrections.optional(), without: z.array(z.string()).optional() }).optional(),
      'filled in by an operator',
    ),
    at: z.iso.datetime(),
  }),
})
export type ArchiveReceiptMessage = z.infer<typeof archiveReceiptMessage>
