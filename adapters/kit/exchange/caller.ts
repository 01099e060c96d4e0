import type { SystemConfig } from '../../../core/config/schema.ts'
import type { Account } from '../../../core/door/port.ts'

/** Who calls, and by which system's dialect. */
export interface Caller {
  readonly account: Account
  readonly system: SystemConfig
}
