export type EventLevel = 'error' | 'warn' | 'info' | 'debug'

/** One entry of the event catalogue; `docs/logs.md` is held against it by a test. */
export interface EventEntry {
  readonly level: EventLevel
  readonly zh: string
  readonly en: string
  /** part of the audit chain in the ledger (and then always with a message, a system, a source or an actor) */
  readonly audit?: true
  /**
   * The group with which it is folded in the log where it repeats within its subject (`Folding`); false: never. Unless
   * told, errors and warnings fold with their own kind; alarms and the rest do not. What a person has to look at one by
   * one, and what says that the station's own state has changed, never folds; an alarm only where it comes and goes by
   * itself, with its recovery in the group.
   */
  readonly folds?: string | false
  /** a person has to do something: marked in the log, and counted by itself */
  readonly alarm?: true
  /** ends what its group told */
  readonly recovery?: true
}
