import { YizhanError } from '../errors/error.ts'
import type { MessageKind } from '../message/schema.ts'

/** The systems under which the station delivers to other applications over the bus, and to itself. */
export const CHANNEL_SYSTEM = 'channel'
export const TIMER_SYSTEM = 'timer'
export const COLLECT_SYSTEM = 'collect'

/** Whether the station delivers to itself. */
export function isToItself(system: string): boolean {
  return system === TIMER_SYSTEM || system === COLLECT_SYSTEM
}

/** Where a delivery goes that goes to no system of the configuration. */
export type HouseAddress =
  /** a queue, or an exchange and a routing key, where other applications read */
  | {
      readonly to: 'channel'
      readonly queue?: string | undefined
      readonly exchange?: string | undefined
      readonly key?: string | undefined
    }
  /** comes back to the subscriptions of the timer of that name at that time, milliseconds since 1970 */
  | { readonly to: 'timer'; readonly name: string; readonly at: number }
  | {
      readonly to: 'collection'
      readonly name: string
      /** milliseconds since 1970 */
      readonly until?: number | undefined
      /** kinds of the answers that are collected; absent: a time's messages */
      readonly answers?: readonly MessageKind[] | undefined
      /** a row that keeps nothing and looks whether it is time */
      readonly look?: true | undefined
    }
export type CollectAddress = Extract<HouseAddress, { to: 'collection' }>

/** Where a delivery goes: to a unit in its system, to a system as a whole, or within the house. */
export type Address =
  | { readonly to: 'unit'; readonly system: string; readonly unit: string }
  | { readonly to: 'system'; readonly system: string }
  | HouseAddress

/** As the ledger keeps it: the column `unit` holds a unit's id, or what a house address is besides its system. */
interface StoredAddress {
  readonly system: string
  readonly unit: string | null
}

/** The same address is always the same text: lanes and lists go by it. */
export function storedAddress(address: Address): StoredAddress {
  switch (address.to) {
    case 'unit':
      return { system: address.system, unit: address.unit }
    case 'system':
      return { system: address.system, unit: null }
    case 'channel': {
      const { exchange, key, queue } = address
      return { system: CHANNEL_SYSTEM, unit: JSON.stringify({ exchange, key, queue }) }
    }
    case 'timer':
      return { system: TIMER_SYSTEM, unit: `${address.name}@${address.at}` }
    case 'collection': {
      const { name, answers, until, look } = address
      return { system: COLLECT_SYSTEM, unit: JSON.stringify({ name, answers, until, look }) }
    }
  }
}

/**
 * The one place where a row's two columns are read. @throws YizhanError LEDGER_CORRUPT for what nothing here has
 * written
 */
export function readAddress({ system, unit }: StoredAddress): Address {
  if (unit === null) return { to: 'system', system }
  switch (system) {
    case CHANNEL_SYSTEM:
      return { to: 'channel', ...(fieldsOf(system, unit) as Omit<Extract<HouseAddress, { to: 'channel' }>, 'to'>) }
    case TIMER_SYSTEM: {
      const at = unit.lastIndexOf('@')
      return { to: 'timer', name: unit.slice(0, at), at: Number(unit.slice(at + 1)) }
    }
    case COLLECT_SYSTEM:
      return { to: 'collection', ...(fieldsOf(system, unit) as Omit<CollectAddress, 'to'>) }
    default:
      return { to: 'unit', system, unit }
  }
}

function fieldsOf(system: string, unit: string): unknown {
  try {
    return JSON.parse(unit) as unknown
  } catch (thrown) {
    throw new YizhanError('LEDGER_CORRUPT', { field: 'delivery.unit', value: unit, detail: system }, { cause: thrown })
  }
}

/** A row's address beside its system: a unit, a house address, or neither. */
export function addressFields(row: StoredAddress): { readonly unit?: string; readonly address?: HouseAddress } {
  const address = readAddress(row)
  if (address.to === 'system') return {}
  return address.to === 'unit' ? { unit: address.unit } : { address }
}

/** What a row's id ends with: a word without blanks, for people type it. */
export function addressWord(address: HouseAddress): string {
  return address.to === 'timer' ? `${address.name}@${address.at}` : addressText(address).replaceAll(/\s+/gu, '_')
}

/** As events name it: the unit, or in words where else it goes. */
export function eventAddress(row: StoredAddress): { readonly unit?: string; readonly place?: string } {
  const { unit, address } = addressFields(row)
  if (address !== undefined) return { place: addressText(address) }
  return unit === undefined ? {} : { unit }
}

/** In words, for people. */
export function addressText(address: HouseAddress): string {
  switch (address.to) {
    case 'channel': {
      const { exchange, key, queue } = address
      const ends = [
        ...(exchange === undefined ? [] : [`exchange ${exchange}`]),
        ...(key === undefined ? [] : [`key ${key}`]),
        ...(queue === undefined ? [] : [`queue ${queue}`]),
      ]
      return `channel ${ends.join(' ')}`
    }
    case 'timer':
      return `timer ${address.name} at ${new Date(address.at).toISOString()}`
    case 'collection': {
      const { name, answers, until, look } = address
      return [
        `collection ${name}`,
        ...(answers === undefined ? [] : [`of ${answers.join('+')}`]),
        ...(until === undefined ? [] : [`until ${new Date(until).toISOString()}`]),
        ...(look === true ? ['(look)'] : []),
      ].join(' ')
    }
  }
}
