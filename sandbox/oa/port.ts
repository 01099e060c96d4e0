import type { Kept } from './item.ts'
import type { Paper } from './paper.ts'

export type Dialect = 'epoint' | 'docxg' | 'yizhan' | 'files'

/** The station understood and said no; trying again the same way does not help. */
export class Refused extends Error {
  readonly code: string
  /** texts as the dialect carries them */
  readonly text: string
  /** what was wrong, where the dialect carries it apart from the text */
  readonly facts: {
    readonly field?: string | undefined
    readonly value?: string | undefined
    readonly rule?: string | undefined
  }

  constructor(code: string, text: string, facts: Refused['facts'] = {}) {
    super(`${code} ${text}`)
    this.name = 'Refused'
    this.code = code
    this.text = text
    this.facts = facts
  }
}

/** No answer, or one that asks to come again later: the same action with the same ids may be tried again. */
export class TryAgain extends Error {
  constructor(why: string, cause?: unknown) {
    super(why, cause === undefined ? undefined : { cause })
    this.name = 'TryAgain'
  }
}

/** A document that this unit sent, as its own OA remembers it. */
export interface Sent {
  /** the OA's own id */
  readonly key: string
  readonly number: string
  /** the acceptance number that the station answered */
  readonly answer: string
}

/**
 * One unit's OA: what its clerks can do. Each action is one try; it resolves with what the station answered and rejects
 * with Refused or TryAgain.
 */
export interface UnitOa {
  readonly unit: string
  readonly system: string
  readonly dialect: Dialect
  /** what the dialect has no operation for is not offered */
  readonly can: { readonly withdraw: boolean; readonly return: boolean; readonly reply: boolean }
  /** 发文、上报. Resolves with the acceptance number. */
  submit(paper: Paper): Promise<string>
  /** 签收 */
  sign(item: Kept, by: string): Promise<string>
  /** 退文 */
  return(item: Kept, reason: string, by: string): Promise<string>
  /** 办理答复; `result` in a word or two where the dialect carries it */
  reply(item: Kept, text: string, result: string | undefined, by: string): Promise<string>
  /** 撤回 */
  withdraw(sent: Sent, reason: string, by: string): Promise<string>
  /** Looks for new items and keeps them; how many were new. Systems that are pushed to have nothing to look for. */
  poll(): Promise<number>
}

/** Something that can be switched off, as a whole: one unit's OA, or a centre with many units behind it. */
export interface Plant {
  /** unit id, or the centre's system id */
  readonly id: string
  readonly name: string
  readonly on: boolean
  readonly units: readonly UnitOa[]
  switch(on: boolean): Promise<void>
  close(): Promise<void>
}

/** A unit's OA to which the station pushes. */
export interface HostedPlant extends Plant {
  /** how long it thinks before it answers, in milliseconds */
  slowDown(ms: number): void
}
