import { createMailAdapter, mailRules } from '../adapters/mail/index.ts'
import { createOaAdapter } from '../adapters/oa/index.ts'
import { createSmsAdapter, smsRules } from '../adapters/sms/index.ts'
import type { Adapter, House } from '../core/adapter/port.ts'
import type { LoadOptions } from '../core/config/load.ts'
import type { SystemConfig } from '../core/config/schema.ts'
import type { Message } from '../core/message/schema.ts'

/** What the configuration of each kind of system must be. */
export const ADAPTER_RULES: NonNullable<LoadOptions['adapters']> = { mail: mailRules, sms: smsRules }

export function createAdapters(house: House): readonly Adapter[] {
  return [createOaAdapter(house), createSmsAdapter(house), createMailAdapter(house)]
}

/** Quiet hours and the like, by the system's own adapter. */
export function notBefore(adapters: readonly Adapter[]): (system: SystemConfig, message: Message, now: number) => number | undefined {
  return (system, message, now) => adapters.find(({ name }) => name === system.adapter)?.notBefore?.(system, message, now)
}
