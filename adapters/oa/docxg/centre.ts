import type { House } from '../../../core/adapter/port.ts'
import type { SystemConfig } from '../../../core/config/schema.ts'
import type { Account } from '../../../core/door/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { withDeadline } from '../polling.ts'
import { readAnswer } from './answers.ts'
import type { DocxgClient, Operation } from './client.ts'

/** One round's view of a centre: every call with its time limit, answers read by the profile. */
export class ExchangeCentre {
  readonly house: House
  readonly system: SystemConfig
  readonly profile: CompiledProfile
  readonly signal: AbortSignal
  /** in whose name the door is asked: the centre speaks for all units behind it */
  readonly account: Account
  readonly client: DocxgClient

  constructor(house: House, client: DocxgClient, signal: AbortSignal) {
    this.house = house
    this.system = client.system
    this.profile = house.profile(client.system.profile)
    this.signal = signal
    this.account = { id: `system:${client.system.id}`, system: client.system.id, units: '*' }
    this.client = client
  }

  /** What a unit does with what was delivered to it here: it may have changed its system, or ended, since. */
  accountOf(unit: string): Account {
    return { ...this.account, units: [unit] }
  }

  /** The answer's text as it came. */
  call(operation: Operation, ...args: (string | number)[]): Promise<string> {
    return withDeadline(this.system, this.signal, (signal) => this.client.call(operation, args, signal))
  }

  /** The answer as XML; undefined when it is empty. SYSTEM_REFUSED for FAILEDINFO. */
  async ask(operation: Operation, ...args: (string | number)[]): Promise<XmlElement | undefined> {
    return readAnswer(this.system.id, this.profile, await this.call(operation, ...args))
  }
}

/** What the message itself is to blame for: asking again gives the same. */
export function isRefusal(thrown: unknown): thrown is YizhanError {
  return thrown instanceof YizhanError && !thrown.retryable && !thrown.inDoubt && thrown.status < 500
}
