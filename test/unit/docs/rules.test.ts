import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { projectHome } from '../../../core/config/home.ts'
import { EVENTS, isAlarm, type EventCode } from '../../../core/events/catalogue.ts'
import { createMetrics } from '../../../core/events/metrics.ts'

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[]
}

it('the example rules ask for metrics, labels and codes that there are', async () => {
  const metrics = createMetrics()
  metrics.emit({ code: 'system.open', at: 0, system: 'oa', ms: 1 })
  // Of a certificate that a station serves with.
  metrics.gauge('yizhan_certificate_end_seconds', 'when it ends', ['key', 'kind'], (set) => set(1, 'k', 'certificate'))
  const text = await metrics.text()
  const { groups } = parse(readFileSync(join(projectHome(), 'docs', 'prometheus-rules.yaml'), 'utf8')) as Rules
  const exprs = groups.flatMap(({ rules }) => rules.map(({ expr }) => expr))
  expect(exprs.length).toBeGreaterThanOrEqual(4)
  for (const name of new Set(exprs.flatMap((expr) => expr.match(/yizhan_\w+/g) ?? [])))
    expect(text).toMatch(new RegExp(`^${name}\\{`, 'm'))
  const asked = exprs.flatMap((expr) =>
    [...expr.matchAll(/code[!=]~"([^"]+)"/g)].flatMap(([, codes = '']) => codes.replaceAll('[.]', '.').split('|')),
  )
  expect(asked).not.toEqual([])
  for (const code of asked) {
    expect(Object.keys(EVENTS)).toContain(code)
    expect(isAlarm(code as EventCode)).toBe(true)
  }
})
