import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asError } from '../core/errors/error.ts'
import { describeTo, run, type ForeignClient } from '../test/conformance/lib/interop/clients.ts'
import { EXPECTED_LINES } from '../test/conformance/lib/interop/expected.ts'
import { GENERATORS } from '../test/release/generators.ts'
import { PASSWORD, TestHouse } from '../test/unit/oa/lib/house.ts'

/**
 * `npm run check-generators [NAME…]`: before a release, clients generated from our WSDL by the tools that integrators
 * use and Debian does not have do everything that `test/conformance/lib/interop/scenario.md` says. Ends with an error
 * where one does not, or could not be made: what was not checked is not well.
 */
const wanted = process.argv.slice(2).map((name) => name.toLowerCase())
const chosen = GENERATORS.filter(
  ({ name }) => wanted.length === 0 || wanted.some((one) => name.toLowerCase().includes(one)),
)
if (chosen.length === 0)
  throw new Error(`no such generator; there are: ${GENERATORS.map(({ name }) => name).join(', ')}`)

const house = await TestHouse.open()
house.before = async () => {
  await house.flow()
}
const url = `${house.url}/oa/yizhan`
let failures = 0
try {
  for (const [at, client] of chosen.entries()) failures += await check(client, at)
} finally {
  await house.close()
}
process.exitCode = failures === 0 ? 0 : 1

/** Makes one client and lets it do everything in each version; how often it failed. */
async function check(client: ForeignClient, at: number): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-generated-'))
  try {
    await describeTo(folder, url)
    try {
      await client.prepare(folder)
    } catch (error) {
      return told(client.name, `不能生成或编译 cannot be generated or compiled: ${asError(error).message}`)
    }
    let failed = 0
    for (const [n, version] of client.versions.entries()) {
      const [command = '', ...first] = client.command(folder)
      try {
        const printed = await run(folder, command, ...first, url, version, PASSWORD, `9${at}${n}`)
        const lines = printed.trim().split('\n')
        const wrong = EXPECTED_LINES.flatMap((line, step) =>
          line === lines[step] ? [] : [`${line} ≠ ${lines[step] ?? ''}`],
        )
        failed +=
          wrong.length === 0
            ? said(`${client.name} ${version}: ok`)
            : told(`${client.name} ${version}`, wrong.join('; '))
      } catch (error) {
        failed += told(`${client.name} ${version}`, asError(error).message)
      }
    }
    return failed
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function said(line: string): 0 {
  process.stdout.write(`${line}\n`)
  return 0
}

function told(what: string, why: string): 1 {
  process.stdout.write(`${what}: 失败 failed: ${why}\n`)
  return 1
}
