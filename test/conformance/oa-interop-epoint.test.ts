import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { CityConfig } from '../../core/config/schema.ts'
import { smallCity } from '../unit/oa/lib/house.ts'
import { detailOf } from './lib/interop/answers.ts'
import { EPOINT_CLIENTS, run } from './lib/interop/clients.ts'
import { EXPECTED_OF_EPOINT } from './lib/interop/expected.ts'
import { describeClients, interopGate, ownSchema, validate } from './lib/interop/gate.ts'

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

const gate = interopGate(city)
const wsdl = async (): Promise<string> => (await fetch(`${gate.house().url}${SERVICE}?wsdl`)).text()

describeClients(gate, EPOINT_CLIENTS, {
  path: SERVICE,
  describeTo: async (folder) => writeFile(join(folder, 'epoint.wsdl'), await wsdl()),
  expected: EXPECTED_OF_EPOINT,
})

describe('xmllint', () => {
  /** The types of the WSDL as a schema of their own, with the prefixes that the description declares. */
  const typesOf = async (): Promise<string> => {
    const [types = ''] = /<s:schema[^]*<\/s:schema>/.exec(await wsdl()) ?? []
    const file = join(gate.folder(), 'types.xsd')
    await writeFile(file, types.replace('<s:schema', '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"'))
    return file
  }
  /** The document in a result, as libxml2 reads the string. */
  const inside = async (answer: string, n: number): Promise<string> => {
    const file = join(gate.folder(), `answer-${n}.xml`)
    await writeFile(file, answer)
    return run(gate.folder(), 'xmllint', '--huge', '--xpath', 'string(/*/*)', file)
  }

  it('finds every answer to be as the WSDL’s types say, and every fault’s detail as our schema does', async () => {
    const different = gate.answers()
    const faults = different.filter(detailOf)
    expect(faults.length).toBeGreaterThan(0)
    await validate(
      gate,
      await typesOf(),
      different.filter((answer) => !detailOf(answer)),
    )
    await validate(gate, await ownSchema(gate), faults)
  })

  it('finds every document in a result string to be as the dialect’s schema says', async () => {
    const results = gate.answers().filter((answer) => !detailOf(answer))
    const documents = await Promise.all(results.map(inside))
    for (const what of ['<Status>False</Status>', '<PaperList>', '公文种类="通知"', '公文种类="答复"'])
      expect(
        documents.some((document) => document.includes(what)),
        what,
      ).toBe(true)
    await validate(gate, SCHEMA, documents)
  })

  it('finds fault with answers that are not', async () => {
    const response = '<OutboxArchive_SendResponse xmlns="http://tempuri.org/"><id>1</id></OutboxArchive_SendResponse>'
    await expect(validate(gate, await typesOf(), [response])).rejects.toThrow()
    const document = '<EpointDataBody><DATA><ReturnInfo><Status>true</Status></ReturnInfo></DATA></EpointDataBody>'
    await expect(validate(gate, SCHEMA, [document])).rejects.toThrow()
  })
})
