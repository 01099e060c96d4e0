/** One thing that a check has looked at. */
export interface CheckResult {
  /** what was looked at, Chinese and English */
  readonly what: string
  /** `fault`: the station would not start or not work; `notice`: a part of it is off, or will be */
  readonly state: 'fine' | 'notice' | 'fault'
  /** what was found, the rule, the way out; absent where all is fine */
  readonly detail?: string | undefined
}

export const fine = (what: string, detail?: string): CheckResult => ({ what, state: 'fine', detail })
export const notice = (what: string, detail: string): CheckResult => ({ what, state: 'notice', detail })
export const fault = (what: string, detail: string): CheckResult => ({ what, state: 'fault', detail })
