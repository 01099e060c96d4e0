import { Anchors, type AnchorParts } from './anchors.ts'
import { RetentionDesk, type RetentionDeskParts } from './retention/desk.ts'

/** What keeps the station's books beside all work: anchors of the audit chain, and retention. */
export interface Keeping {
  readonly retention: RetentionDesk
  start(): void
  /** nothing more is taken away; before the bus closes */
  close(): Promise<void>
}

export function openKeeping(parts: AnchorParts & RetentionDeskParts): Keeping {
  const anchors = new Anchors(parts)
  const retention = new RetentionDesk(parts)
  return {
    retention,
    start: () => {
      anchors.start()
      retention.start()
    },
    close: async () => {
      await retention.close()
      await anchors.close()
    },
  }
}
