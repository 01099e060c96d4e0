import { expect } from 'vitest'

/** Matchers typed as what they are to a test: something unknown that stands for a text. */
export const containing = (text: string): unknown => expect.stringContaining(text)
export const matching = (pattern: RegExp): unknown => expect.stringMatching(pattern)
