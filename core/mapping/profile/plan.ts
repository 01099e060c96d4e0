import type { CodeTable } from './codes.ts'
import type { JsonType, ValueType } from './fields.ts'
import type { ElementNode, FormNode } from './schema.ts'
import type { Codec } from './values.ts'

/** An attribute, or the text of an element: checked, with its defaults filled in. */
export interface ValuePlan {
  /** path below the innermost base, or below the occurrence of a repeated part */
  readonly path: string
  readonly read: string | undefined
  readonly write: string | undefined
  readonly type: ValueType
  /** absent for content */
  readonly codec: Codec | undefined
  readonly table: CodeTable | undefined
  /**
   * texts that mean nothing, and whether that is a wart of the dialect (`null`) rather than its way of saying so (无)
   */
  readonly nulls: ReadonlyMap<string, boolean>
  readonly trim: boolean
  readonly required: boolean
  readonly max: number | undefined
  readonly default: string | undefined
  readonly constant: string | undefined
  readonly separator: string
  readonly json: JsonPlan
}

/** How a value stands in JSON. */
export interface JsonPlan {
  readonly as: JsonType
  /** the texts that `true` and `false` stand for */
  readonly yes: string
  readonly no: string
}

export interface AttributePlan extends ValuePlan {
  readonly name: string
}

export interface ElementPlan {
  readonly name: string
  readonly namespace: string
  /** the namespace has to be declared here */
  readonly declares: boolean
  readonly path: string
  /** paths of errors begin below it */
  readonly base: boolean
  readonly value: ValuePlan | undefined
  readonly attributes: readonly AttributePlan[]
  readonly children: readonly ElementPlan[]
  readonly repeat: ElementNode['repeat']
  readonly each: string | undefined
  readonly where: readonly (readonly [field: string, value: string])[]
  readonly kind: ElementNode['kind']
  readonly required: boolean
  readonly keep: boolean
  /** looked into when reading */
  readonly reads: boolean
  readonly writes: boolean
}

/** The member that holds the text of an element which has attributes as well. */
export const TEXT_MEMBER = '#text'

/** Whether it may stand several times, each an item: an array in JSON. */
export function isRepeated(plan: ElementPlan): boolean {
  return plan.each !== undefined || plan.repeat === 'list'
}

/** The only child of an element that does nothing but hold its occurrences: in JSON, the array itself. */
export function wrappedIn({ value, attributes, children }: ElementPlan): ElementPlan | undefined {
  const [only, other] = children
  return value === undefined && attributes.length === 0 && other === undefined && only !== undefined && isRepeated(only)
    ? only
    : undefined
}

export interface FormPlan {
  readonly name: string
  readonly kind: FormNode['kind']
  readonly reads: boolean
  readonly writes: boolean
  readonly root: ElementPlan
}
