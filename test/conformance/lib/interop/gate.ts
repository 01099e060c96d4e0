import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CityConfig } from '../../../../core/config/schema.ts'
import { PASSWORD, TestHouse } from '../../../unit/oa/lib/house.ts'
import { keepAnswer } from './answers.ts'
import { run, type ForeignClient } from './clients.ts'

/** A house that foreign clients speak to, a folder for their programs, and what they were answered. */
export interface InteropGate {
  readonly house: () => TestHouse
  readonly folder: () => string
  /** bodies of answers, and details of faults, as XML of their own; each once */
  readonly answers: () => readonly string[]
}

/** Opens the house before the file's tests, and closes it after. What was submitted reaches its recipients at once. */
export function interopGate(city?: () => CityConfig, profiles?: string): InteropGate {
  let house: TestHouse
  let folder: string
  const answers: string[] = []
  beforeAll(async () => {
    house = await TestHouse.open(city?.(), profiles)
    folder = await mkdtemp(join(tmpdir(), 'yizhan-interop-'))
    house.before = async (response) => {
      await house.flow()
      keepAnswer(response, answers)
    }
  })
  afterAll(async () => {
    await house.close()
    await rm(folder, { recursive: true, force: true })
  })
  return { house: () => house, folder: () => folder, answers: () => [...new Set(answers)] }
}

/** Each client, made from the description of the service that `describeTo` puts into its folder, prints as expected. */
export function describeClients(
  gate: InteropGate,
  clients: readonly ForeignClient[],
  service: {
    readonly path: string
    describeTo(folder: string, url: string): Promise<void>
    readonly expected: readonly string[]
  },
): void {
  const url = (): string => `${gate.house().url}${service.path}`
  describe.each(clients.map((client, at) => [client.name, client, at + 1] as const))('%s', (_name, client, at) => {
    let own: string
    beforeAll(async () => {
      own = join(gate.folder(), String(at))
      await mkdir(own)
      await service.describeTo(own, url())
      await client.prepare(own)
    }, 120_000)

    it.each(client.versions)('does everything with SOAP %s', async (version) => {
      const [command = '', ...first] = client.command(own)
      const tag = `${at}${client.versions.indexOf(version)}`
      const printed = await run(own, command, ...first, url(), version, PASSWORD, tag)
      expect(printed.trim().split('\n')).toEqual(service.expected)
    })
  })
}

/** Holds documents against a schema file; rejects with what xmllint says of the first that is not as it has it. */
export async function validate(gate: InteropGate, schema: string, documents: readonly string[]): Promise<void> {
  const into = await mkdtemp(join(gate.folder(), 'checked-'))
  const files = await Promise.all(
    documents.map(async (document, n) => {
      const file = join(into, `${n}.xml`)
      await writeFile(file, document)
      return file
    }),
  )
  await run(into, 'xmllint', '--noout', '--nonet', '--schema', schema, ...files)
}

/** Our own schema, as the house serves it, as a file. */
export async function ownSchema(gate: InteropGate): Promise<string> {
  const schema = join(gate.folder(), 'yizhan.xsd')
  await writeFile(schema, await (await fetch(`${gate.house().url}/oa/yizhan?xsd=1`)).text())
  return schema
}
