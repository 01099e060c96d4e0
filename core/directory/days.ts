import type { UnitConfig } from '../config/schema.ts'

/** Days on which a unit is bound to a system, both included (YYYY-MM-DD, Asia/Shanghai); open where absent. */
export type Days = Pick<UnitConfig, 'from' | 'to'>
