type Level = 'error' | 'warn' | 'info' | 'debug'

/** One entry of the event catalogue; `docs/logs.md` is held against it by a test. */
export interface EventEntry {
  readonly level: Level
  readonly zh: string
  readonly en: string
  /** part of the audit chain in the ledger (and then always with a message, a system, a source or an actor) */
  readonly audit?: true
  /**
   * The group with which it is folded in the log where it repeats within its subject (`Folding`); false: never. Unless
   * told, errors and warnings fold with their own kind and the rest does not.
   */
  readonly folds?: string | false
  /** a person has to do something: marked in the log, and counted by itself */
  readonly alarm?: true
  /** ends what its group told */
  readonly recovery?: true
}
