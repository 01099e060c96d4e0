/** A node of a flow, as Node-RED keeps it. */
export interface FlowNode {
  readonly id: string
  readonly type: string
  readonly z?: string
  readonly label?: string
  readonly name?: string
  readonly [key: string]: unknown
}
