import { z } from 'zod'
import { repairable } from './repairable.ts'
import { URGENCIES } from './urgency.ts'

/** A unit as the message knows it: `unit` is our unit id, absent while the name is not resolved. */
export const party = z.object({ unit: z.string().optional(), name: z.string() })
export type Party = z.infer<typeof party>

/** A resolved recipient. `to` is 主送, `cc` is 抄送. */
export const recipient = z.object({ unit: z.string(), name: z.string(), role: z.enum(['to', 'cc']) })
export type Recipient = z.infer<typeof recipient>

const size = z.number().int().nonnegative()
const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/)

/** A body held by the content store: bytes, and `sha256:` and 64 lower-case hex digits over them. */
export const bodyRef = z.object({ size, digest })
export type BodyRef = z.infer<typeof bodyRef>

/** A file held by the content store. */
export const fileRef = z.object({
  name: z.string().min(1).max(255),
  /** main file (正文) or annex (附件) */
  role: z.enum(['main', 'annex']),
  mediaType: z.string(),
  /** bytes, decoded */
  size,
  /** `sha256:` and 64 lower-case hex digits over the decoded bytes */
  digest,
})
export type FileRef = z.infer<typeof fileRef>

/**
 * A text that came with a message and that its dialect does not describe: where it stood, and what it says (cut off at
 * 500 characters).
 */
export const unread = z.object({ path: z.string().max(200), text: z.string().max(500) })
export type Unread = z.infer<typeof unread>

/** What every message has. */
export const envelope = {
  /** our id, unique over all stations; derived messages have ids computed from their parent (`ids.ts`) */
  id: z.string().min(1),
  /** the id of the first message of this story: everything derived carries it */
  trace: z.string().min(1),
  /** the message this one was derived from */
  parent: z.string().optional(),
  /** business number: 发文字号 normalised (`number.ts`), or a petition's number */
  number: z.string().optional(),
  from: party,
  /** frozen when the message was accepted or put; empty when nobody is addressed yet */
  recipients: z.array(recipient),
  urgency: repairable(z.enum(URGENCIES), 'how fast it goes, not what it says'),
  /** when the station took it over, UTC, ISO 8601 with milliseconds */
  acceptedAt: z.iso.datetime(),
  /** the legacy system it came from and, where it has one, that system's own id for it */
  origin: z.object({ system: z.string(), account: z.string().optional(), externalId: z.string().optional() }),
  /** units that neither this nor anything derived from it may reach */
  mustNotReach: z.array(z.string()).optional(),
  /** 双轨: a paper copy travels too */
  dualTrack: z.boolean().optional(),
  /**
   * what the sender wrote where the door's normalisation keeps another form: by path, such as `number` or
   * `document.title`
   */
  asWritten: z.record(z.string().max(100), z.string().max(4000)).optional(),
  /** undelivered copies expire at this instant, UTC */
  expiresAt: repairable(z.iso.datetime().optional(), 'it may be late through no fault of its sender'),
  /** a person has mended this copy: who, when, and which fields; the original stays in the ledger */
  repaired: z.object({ by: z.string(), at: z.iso.datetime(), fields: z.array(z.string()) }).optional(),
  files: z.array(fileRef),
  /** kept for people who look for it; nothing in the house goes by it, and nothing derived has it */
  unread: z.array(unread).max(60).optional(),
}

/** What a message that speaks about a document says of it, so that a flow need not look it up. */
export const subject = z.object({
  /** our id of the document */
  id: z.string(),
  number: z.string().optional(),
  title: z.string().optional(),
  /** the unit that issued or reported it */
  from: party.optional(),
  direction: z.enum(['issue', 'report', 'peer']).optional(),
  /** the sender's own id for it */
  externalId: z.string().optional(),
  /** 发布层次, such as 公开 */
  releaseLevel: z.string().max(100).optional(),
})
export type Subject = z.infer<typeof subject>
