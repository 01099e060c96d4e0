import { YizhanError } from '../../core/errors/error.ts'
import { paletteRuntime } from '../link/runtime.ts'
import { propertyOf } from '../lib/property.ts'
import { onInput, register, type NodeDef, type Red } from '../lib/red.ts'
import { propertyText } from '../lib/text.ts'
import { cellFault, firstFit, type RouteTable } from './table.ts'
import { checkProperty } from '../lib/settings.ts'

/** A decision table, and what becomes of a message in it. */
export interface RouteDef extends NodeDef, Partial<RouteTable> {
  /**
   * what a row's result is: nothing, a text, units (their ids, an array), or units as recipients ({unit, name, role})
   */
  readonly resultType?: 'none' | 'text' | 'units' | 'recipients'
  /** property that gets the result */
  readonly target?: string
  /** one output for all, or one for each row and a last one for what fits none */
  readonly ports?: 'one' | 'rows'
  /** what fits no row gets the result of the last line, or fails the hop */
  readonly otherwise?: 'result' | 'fail'
  readonly otherwiseResult?: string
}

/** `route`: a decision table that a clerk can read; the first row that fits wins. */
export default function (red: Red): void {
  register(
    red,
    'route',
    { columns: true, rows: true, resultType: true, target: true, ports: true, otherwise: true, otherwiseResult: true },
    (node, definition: RouteDef) => {
      const { hops } = paletteRuntime(red)
      const { columns = [], rows = [], resultType = 'none', target = 'units' } = definition
      onInput(node, (msg, send) => {
        const row = firstFit({ columns, rows }, (property) => propertyOf(red, msg, property))
        if (row === undefined && definition.otherwise === 'fail') {
          throw new YizhanError('FIELD_INVALID', {
            field: columns.map(({ label, property }) => label || property).join('、'),
            value: columns.map(({ property }) => propertyText(propertyOf(red, msg, property))).join('、'),
            rule: '决策表中没有一行符合 / fits no row of the table',
          })
        }
        const result = row === undefined ? definition.otherwiseResult : rows[row]?.result
        if (resultType !== 'none') red.util.setMessageProperty(msg, target, resultOf(resultType, result ?? ''), true)
        if (definition.ports === 'rows') send([...new Array<null>(row ?? rows.length).fill(null), msg])
        else send(msg)
      })

      function resultOf(type: 'text' | 'units' | 'recipients', text: string): unknown {
        if (type === 'text') return text
        const { directory } = hops
        if (directory === undefined) throw new YizhanError('FLOWS_GONE', {}, {})
        const { recipients, unresolved } = directory.resolve(text, 'to')
        if (unresolved.length > 0)
          throw new YizhanError('UNKNOWN_RECIPIENT', {
            field: '决策表 route',
            value: unresolved.map((piece) => piece.text).join('、'),
            rule: '不在单位目录中 / not in the directory of units',
          })
        return type === 'units' ? recipients.map(({ unit }) => unit) : recipients
      }
    },
    ({ columns = [], rows = [], target }: RouteDef) => {
      for (const { label, property } of columns) checkProperty(red, label || 'columns', property)
      checkProperty(red, 'target', target)
      checkCells({ columns, rows })
    },
  )
}

/** Throws about the first cell that can fit nothing: no document is to go astray by a typing error. */
function checkCells({ columns, rows }: RouteTable): void {
  for (const [row, { cells }] of rows.entries()) {
    for (const [column, { label, property }] of columns.entries()) {
      const cell = cells[column] ?? ''
      const fault = cellFault(cell)
      if (fault !== undefined)
        throw new YizhanError('FIELD_INVALID', {
          field: `${row + 1}: ${label || property}`,
          value: cell,
          rule: fault === 'value' ? '须有值 / a value' : '比较须有数字或日期 / a comparison takes a number or a date',
        })
    }
  }
}
