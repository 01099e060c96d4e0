import type { Recipient } from '../message/schema.ts'
import type { Mention } from './mentions.ts'

/** A unit for which nobody receives on a day: the last day before that on which it did, and the first after it. */
export interface Absence {
  readonly lastDay?: string
  readonly firstDay?: string
}

/** One piece of a recipients line that could not be understood. */
export interface Unresolved {
  /** the piece as written */
  readonly text: string
  /** why: 'unknown', or 'ambiguous' with the candidates' names */
  readonly reason: 'unknown' | 'ambiguous'
  readonly candidates: readonly string[]
}

/** Turns names, aliases, codes, groups and phrases like 各县(市、区)人民政府 into units. */
export interface UnitDirectory {
  /** changes whenever units, aliases or groups change */
  readonly revision: string
  /** A unit by id, code, full name or alias. */
  find(text: string): { readonly id: string; readonly name: string } | undefined
  /**
   * Units whose name or an alias stands somewhere in a text, such as 市国土资源局局长张某; the longest where one name
   * holds another.
   */
  mentioned(text: string): readonly { readonly id: string; readonly name: string }[]
  /**
   * As `mentioned`, with the words by which the text names each: also short, former and everyday names that address
   * nothing.
   */
  mentions(text: string): readonly Mention[]
  /** A unit's name, by its id; undefined for an id that nobody has. */
  nameOf(unit: string): string | undefined
  /**
   * Why nobody receives at an instant for a unit that has not merged: no system is bound to it that day. Undefined
   * where somebody does, and for unknown units.
   */
  absenceOf(unit: string, at: number): Absence | undefined
  /**
   * Who receives at an instant (milliseconds since 1970) what is addressed to a unit: itself, or the unit that it has
   * merged into by then.
   */
  receiverOf(unit: string, at: number): { readonly id: string; readonly name: string }
  /**
   * A line as written under 主送机关 or 抄送机关: pieces separated by ，,、；; and line breaks. Each unit once, in
   * order;
   * `except` (usually the sender) is left out of groups and phrases but not when it is named itself. `grouped`: units
   * that are there only by way of a group or phrase; absent for none.
   */
  resolve(
    line: string,
    role: 'to' | 'cc',
    except?: string,
  ): {
    readonly recipients: readonly Recipient[]
    readonly unresolved: readonly Unresolved[]
    readonly grouped?: readonly string[]
  }
}
