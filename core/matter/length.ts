/** A length of time as a rule counts it. Hours run at night and on holidays too, working hours while people work. */
export interface Length {
  readonly unit: 'days' | 'workingDays' | 'workingHours' | 'hours' | 'months'
  readonly count: number
}
