import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { PASSWORD, TestHouse } from '../unit/oa/lib/house.ts'
import { detailOf, keepAnswer } from './lib/interop/answers.ts'
import { describeTo, FOREIGN_CLIENTS, run } from './lib/interop/clients.ts'
import { EXPECTED_LINES } from './lib/interop/expected.ts'

/**
 * The standing interop gate: SOAP clients that are not ours, made from our WSDL as an integrator makes them, from
 * Submit to Reply and through five faults (lib/interop/scenario.md); and every answer that they got against our schema.
 */

let t: TestHouse
let folder: string
/** bodies of answers, and details of faults, as XML of their own */
const answers: string[] = []

beforeAll(async () => {
  t = await TestHouse.open()
  folder = await mkdtemp(join(tmpdir(), 'yizhan-interop-'))
  t.before = async (response) => {
    // What was submitted reaches its recipients before the next question.
    await t.flow()
    keepAnswer(response, answers)
  }
})
afterAll(async () => {
  await t.close()
  await rm(folder, { recursive: true, force: true })
})

describe.each(FOREIGN_CLIENTS.map((client, at) => [client.name, client, at + 1] as const))(
  '%s',
  (_name, client, at) => {
    let own: string
    beforeAll(async () => {
      own = join(folder, String(at))
      await mkdir(own)
      await describeTo(own, `${t.url}/oa/yizhan`)
      await client.prepare(own)
    }, 120_000)

    it.each(client.versions)('does everything with SOAP %s', async (version) => {
      const [command = '', ...first] = client.command(own)
      const tag = `${at}${client.versions.indexOf(version)}`
      const printed = await run(own, command, ...first, `${t.url}/oa/yizhan`, version, PASSWORD, tag)
      expect(printed.trim().split('\n')).toEqual(EXPECTED_LINES)
    })
  },
)

describe('xmllint', () => {
  it('finds every answer to be as the schema says', async () => {
    const schema = join(folder, 'yizhan.xsd')
    await writeFile(schema, await (await fetch(`${t.url}/oa/yizhan?xsd=1`)).text())
    const different = [...new Set(answers)]
    expect(different.filter((answer) => detailOf(answer)).length).toBeGreaterThanOrEqual(5)
    const files = await Promise.all(
      different.map(async (answer, n) => {
        const file = join(folder, `answer-${n}.xml`)
        await writeFile(file, answer)
        return file
      }),
    )
    // Fails with what xmllint says of the first that is not.
    await run(folder, 'xmllint', '--noout', '--nonet', '--schema', schema, ...files)
  })

  it('finds fault with an answer that is not', async () => {
    const file = join(folder, 'wrong.xml')
    await writeFile(file, '<SubmitResponse xmlns="urn:yizhan:oa:1"><id>st-1</id></SubmitResponse>')
    await expect(run(folder, 'xmllint', '--noout', '--schema', join(folder, 'yizhan.xsd'), file)).rejects.toThrow()
  })
})
