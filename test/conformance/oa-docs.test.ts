import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { USUAL_NAMES } from '../../adapters/oa/epoint/operations.ts'
import { projectHome } from '../../core/config/home.ts'
import { PASSWORD, TestHouse } from '../unit/oa/lib/house.ts'

const page = readFileSync(join(projectHome(), 'docs', 'systems', 'oa.md'), 'utf8')
const examples = [...page.matchAll(/```sh\n([^]*?)```/g)]
  .map((match) => match[1] ?? '')
  .filter((example) => example.includes('curl '))

let t: TestHouse
beforeAll(async () => {
  t = await TestHouse.open()
})
afterAll(() => t.close())

async function run(example: string): Promise<string> {
  const shell = spawn('bash', ['-c', example], {
    env: { ...process.env, STATION: t.url, LOGIN: `office:${PASSWORD}` },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [out] = await Promise.all([text(shell.stdout), once(shell, 'exit')])
  return out
}

describe('docs/systems/oa.md', () => {
  it('has examples that do what the page says', async () => {
    expect(examples).toHaveLength(4)
    const [submitted, status, classified, list] = await examples.reduce<Promise<string[]>>(
      async (done, example) => [...(await done), await run(example)],
      Promise.resolve([]),
    )
    expect(submitted).toMatch(
      /<SubmitResponse xmlns="urn:yizhan:oa:1"><messageId>st-[^<]+<\/messageId><repeated>false</,
    )
    expect(status).toMatch(
      /encoding="GBK".*<documentTitle>关于试用公文接口的通知<\/documentTitle>.*<unitName>市科技局<\/unitName>.*<state>waiting</,
    )
    expect(classified).toContain('<e:code>CLASSIFIED</e:code>')
    expect(list).toMatch(/&lt;Status&gt;False&lt;\/Status&gt;&lt;Description&gt;UNAUTHENTICATED /)
  })

  it('names every operation of dialect A', () => {
    const rows = page.replace(/ +/g, ' ')
    for (const [key, name] of Object.entries(USUAL_NAMES)) expect(rows).toContain(`| \`${key}\` | \`${name}\` |`)
  })
})
