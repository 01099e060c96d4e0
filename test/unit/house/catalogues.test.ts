import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CATALOGUE, type ErrorCode } from '../../../core/errors/catalogue.ts'
import { MANIFESTS } from '../../../station/adapters.ts'
import { EVENTS, groupOf, isAlarm, type EventCode } from '../../../core/events/catalogue.ts'

const codes = Object.keys(EVENTS) as EventCode[]
const root = join(import.meta.dirname, '../../..')
const code = globSync('{core,adapters,station,nodes,editor}/**/*.ts', { cwd: root })
  .filter((file) => !/^core\/(errors|events)\/areas\/|^adapters\/[a-z]+\/(errors|events)\.ts$/.test(file))
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n')
/**
 * Whatever stands in quotes: the compiler holds emitted codes to the catalogue, this the catalogue to what is emitted.
 */
const quoted = new Set([...code.matchAll(/['"`]([A-Za-z][\w.-]*)['"`]/g)].map(([, text]) => text))

describe('the catalogues', () => {
  it('hold no event that nothing emits', () => {
    expect(codes.filter((event) => !quoted.has(event))).toEqual([])
  })

  it('fold no alarm but what comes and goes by itself', () => {
    const recovering = new Set(codes.filter((code) => 'recovery' in EVENTS[code]).map(groupOf))
    expect(codes.filter((code) => isAlarm(code) && groupOf(code) !== undefined)).toEqual([
      'system.open',
      'bus.lost',
      'bus.blocked',
      'retention.failed',
      'editor.blocked',
      'tls.rejected',
      'station.over-watermark',
      'station.reserve-used',
      'syslog.lost',
    ])
    for (const code of codes.filter(isAlarm))
      if (groupOf(code) !== undefined) expect(recovering, code).toContain(groupOf(code))
  })

  it('hold no error that nothing raises', () => {
    expect(Object.keys(CATALOGUE).filter((error) => !quoted.has(error) && !code.includes(`${error}:`))).toEqual([])
  })

  it.each(MANIFESTS)('hold what adapter $id declares, under names that are nobody else’s', ({ errors, events }) => {
    for (const [name, entry] of Object.entries(errors)) expect(CATALOGUE[name as ErrorCode], name).toBe(entry)
    for (const [name, entry] of Object.entries(events)) expect(EVENTS[name as EventCode], name).toBe(entry)
  })
})
