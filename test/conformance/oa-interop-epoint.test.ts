import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { CityConfig } from '../../core/config/schema.ts'
import { PASSWORD, smallCity, TestHouse } from '../unit/oa/lib/house.ts'
import { detailOf, keepAnswer } from './lib/interop/answers.ts'
import { EPOINT_CLIENTS, run } from './lib/interop/clients.ts'
import { EXPECTED_OF_EPOINT } from './lib/interop/expected.ts'

/**
 * The standing interop gate of the 新点 dialect: SOAP clients that are not ours, made from the WSDL that the centre
 * serves, from OutboxArchive_Send to InboxArchive_Reply, through five refusals and a fault
 * (lib/interop/epoint/scenario.md); every answer against the WSDL's types, and every document in a result string
 * against a schema of the dialect's documents.
 */

const SERVICE = '/oa/epoint/ArchiveExchange.asmx'
const SCHEMA = join(import.meta.dirname, 'lib', 'interop', 'epoint', 'answers.xsd')

/** The city of the house with two units behind the dialect, for one to send and the other to receive. */
function city(): CityConfig {
  const small = smallCity({ station: { limits: { requestBytes: 200_000 } } })
  return {
    ...small,
    accounts: small.accounts.map((one) => (one.id === 'science' ? { ...one, system: 'oa-epoint' } : one)),
    units: small.units.map((one) => (one.id === 'science' ? { ...one, system: 'oa-epoint' } : one)),
  }
}

let t: TestHouse
let folder: string
/** bodies of answers, and details of faults, as XML of their own */
const answers: string[] = []

beforeAll(async () => {
  t = await TestHouse.open(city())
  folder = await mkdtemp(join(tmpdir(), 'yizhan-interop-'))
  t.before = async (response) => {
    await t.flow()
    keepAnswer(response, answers)
  }
})
afterAll(async () => {
  await t.close()
  await rm(folder, { recursive: true, force: true })
})

const wsdl = async (): Promise<string> => (await fetch(`${t.url}${SERVICE}?wsdl`)).text()

describe.each(EPOINT_CLIENTS.map((client, at) => [client.name, client, at + 1] as const))('%s', (_name, client, at) => {
  let own: string
  beforeAll(async () => {
    own = join(folder, String(at))
    await mkdir(own)
    await writeFile(join(own, 'epoint.wsdl'), await wsdl())
    await client.prepare(own)
  }, 120_000)

  it.each(client.versions)('does everything with SOAP %s', async (version) => {
    const [command = '', ...first] = client.command(own)
    const tag = `${at}${client.versions.indexOf(version)}`
    const printed = await run(own, command, ...first, `${t.url}${SERVICE}`, version, PASSWORD, tag)
    expect(printed.trim().split('\n')).toEqual(EXPECTED_OF_EPOINT)
  })
})

describe('xmllint', () => {
  /** Fails with what xmllint says of the first that is not as the schema has it. */
  const validate = async (schema: string, documents: readonly string[]): Promise<void> => {
    const into = await mkdtemp(join(folder, 'checked-'))
    const files = await Promise.all(
      documents.map(async (document, n) => {
        const file = join(into, `${n}.xml`)
        await writeFile(file, document)
        return file
      }),
    )
    await run(folder, 'xmllint', '--noout', '--nonet', '--schema', schema, ...files)
  }
  /** The types of the WSDL as a schema of their own, with the prefixes that the description declares. */
  const typesOf = async (): Promise<string> => {
    const [types = ''] = /<s:schema[^]*<\/s:schema>/.exec(await wsdl()) ?? []
    const file = join(folder, 'types.xsd')
    await writeFile(file, types.replace('<s:schema', '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"'))
    return file
  }
  /** The document in a result, as libxml2 reads the string. */
  const inside = async (answer: string, n: number): Promise<string> => {
    const file = join(folder, `answer-${n}.xml`)
    await writeFile(file, answer)
    return run(folder, 'xmllint', '--huge', '--xpath', 'string(/*/*)', file)
  }

  it('finds every answer to be as the WSDL’s types say, and every fault’s detail as our schema does', async () => {
    const different = [...new Set(answers)]
    const faults = different.filter(detailOf)
    expect(faults.length).toBeGreaterThan(0)
    await validate(
      await typesOf(),
      different.filter((answer) => !detailOf(answer)),
    )
    const refusals = join(folder, 'yizhan.xsd')
    await writeFile(refusals, await (await fetch(`${t.url}/oa/yizhan?xsd=1`)).text())
    await validate(refusals, faults)
  })

  it('finds every document in a result string to be as the dialect’s schema says', async () => {
    const results = [...new Set(answers)].filter((answer) => !detailOf(answer))
    const documents = await Promise.all(results.map(inside))
    for (const what of ['<Status>False</Status>', '<PaperList>', '公文种类="通知"', '公文种类="答复"'])
      expect(
        documents.some((document) => document.includes(what)),
        what,
      ).toBe(true)
    await validate(SCHEMA, documents)
  })

  it('finds fault with answers that are not', async () => {
    const response = '<OutboxArchive_SendResponse xmlns="http://tempuri.org/"><id>1</id></OutboxArchive_SendResponse>'
    await expect(validate(await typesOf(), [response])).rejects.toThrow()
    const document = '<EpointDataBody><DATA><ReturnInfo><Status>true</Status></ReturnInfo></DATA></EpointDataBody>'
    await expect(validate(SCHEMA, [document])).rejects.toThrow()
  })
})
