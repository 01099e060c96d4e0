import type { AttributePlan, ElementPlan, ValuePlan } from './plan.ts'

/** Where a form is written to: an element is opened, gets its attributes, its text or its children, and is closed. */
export interface Out {
  open(plan: ElementPlan): void
  attribute(plan: AttributePlan, text: string): void
  text(plan: ValuePlan, text: string): void
  content(bytes: Buffer): void
  close(): void
  finish(): Buffer[]
}
