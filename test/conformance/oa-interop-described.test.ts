import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { describedCity, EXAMPLE_FOLDER } from '../unit/oa/lib/described.ts'
import { DESCRIBED_CLIENTS } from './lib/interop/clients.ts'
import { describeClients, interopGate, validate } from './lib/interop/gate.ts'

/**
 * A dialect that is a file and nothing else: foreign clients, made from the WSDL that it serves, from FaSong to CheHui
 * and through three refusals (lib/interop/described/scenario.md); and every answer against the schema in that WSDL.
 */

const SERVICE = '/oa/soap/jiaohuan'
const EXPECTED = [
  'FaSong ok',
  'FaSong again ok',
  'FaSong ok',
  'ChaDaiShou ok',
  'QuGongWen ok',
  'QianShou ok',
  'HuiFu ok',
  'TuiHui ok',
  'ChaZhuangTai replied',
  'CheHui ok',
  'refused 3',
  'refused 4',
  'refused 1',
]

const gate = interopGate(describedCity, EXAMPLE_FOLDER)
const wsdl = async (): Promise<string> => (await fetch(`${gate.house().url}${SERVICE}?wsdl`)).text()

describeClients(gate, DESCRIBED_CLIENTS, {
  path: SERVICE,
  describeTo: async (folder) => writeFile(join(folder, 'jiaohuan.wsdl'), await wsdl()),
  expected: EXPECTED,
})

describe('xmllint', () => {
  const schema = async (): Promise<string> => {
    const [types = ''] = /<s:schema[^]*<\/s:schema>/.exec(await wsdl()) ?? []
    const file = join(gate.folder(), 'types.xsd')
    await writeFile(file, types.replace('<s:schema', '<s:schema xmlns:s="http://www.w3.org/2001/XMLSchema"'))
    return file
  }

  it('finds every answer, and every refusal, to be as the schema in the WSDL says', async () => {
    expect(gate.answers().length).toBeGreaterThan(20)
    await validate(gate, await schema(), gate.answers())
  })

  it('finds fault with an answer that is not', async () => {
    const wrong = '<QuGongWenJieGuo xmlns="http://gwjh.example.gov.cn/service"><gongWen/></QuGongWenJieGuo>'
    await expect(validate(gate, await schema(), [wrong])).rejects.toThrow()
  })
})
