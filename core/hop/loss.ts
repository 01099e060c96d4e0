/** A hop that was being executed when its flow process ended, and the node that had it. */
export interface Culprit {
  /** `messageId@subscription` */
  readonly hop: string
  readonly attempt: number
  readonly node?: string
  readonly nodeName?: string
  readonly nodeType?: string
  /** label of the tab that the node stands on */
  readonly tab?: string
}

/** How a flow process ended, as far as anybody knows: it decides what the hops that it held are charged with. */
export interface Loss {
  /**
   * - crash: by what ran in it: an error that nobody caught, a loop, its memory, a broken link;
   * - outside: by a signal that neither it nor the station sent;
   * - order: it left, or was let go, as it should.
   */
  readonly by: 'crash' | 'outside' | 'order'
  /** for whoever reads the dead letter, Chinese / English */
  readonly detail: string
  /** of a crash, who did it, where that is known; absent: every hop that it held is a suspect */
  readonly culprits?: readonly Culprit[]
  /** false: there is no process apart in which suspects could run */
  readonly apart: boolean
}

/** Nobody is to blame: the station has just started, say, or a lease ran out. */
export const NOBODY: Loss = { by: 'order', detail: '', apart: true }
