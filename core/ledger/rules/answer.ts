/**
 * What a store answers: at once, or later. Whoever asks awaits it; a store that has it at hand makes no promise for it,
 * which on SQLite would cost more than many a statement.
 */
export type Answer<T> = T | Promise<T>

/** Whoever awaits it knows that it is done; what it answers besides means nothing. */
export type Stored = Answer<unknown>
