import { shallowRef } from 'vue'
import type { ActAnswer } from './api/answers.ts'

/** What a person is about to do: what it would do is asked of the station first, and shown. */
export interface Act {
  readonly title: string
  /** changes more than one can take back by one's own */
  readonly grave?: boolean
  /** the station takes none with it */
  readonly withoutReason?: boolean
  readonly run: (given: { readonly reason: string; readonly dryRun: boolean }) => Promise<ActAnswer>
  readonly done?: (answer: ActAnswer) => void
  /** takes it back */
  readonly undo?: Act
}

export const pending = shallowRef<Act>()

export function propose(act: Act): void {
  pending.value = act
}

/** A password that somebody was given: shown once, until it is closed, even to whom the act has logged out. */
export const given = shallowRef<{ readonly name: string; readonly password: string }>()
