import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../core/config/home.ts'
import { openHouse, type House } from '../../sandbox/launch/house.ts'
import { shared } from '../lib/shared.ts'
import { until } from '../lib/wait.ts'
import { openEditor, type EditorPage } from './lib/editor-page.ts'

/** An integrator changes the petition flow's decision table in the editor: the next petition goes elsewhere. */

let folder: string
let house: House
let editor: EditorPage
shared(
  async () => {
    folder = await mkdtemp(join(tmpdir(), 'yizhan-table-'))
    await cp(join(projectHome(), 'flows'), join(folder, 'flows'), { recursive: true })
    house = await openHouse({
      data: join(folder, 'data'),
      flows: join(folder, 'flows'),
      bus: 'embedded',
      ports: { http: 0, editor: 0 },
    })
    house.city.poll(300)
  },
  async () => {
    await house.close()
    await rm(folder, { recursive: true, force: true })
  },
)
shared(
  async () => {
    editor = await openEditor(house.ready().editor, house.secrets['editor.admin'] ?? '')
  },
  () => editor.close(),
)

async function file(title: string): Promise<void> {
  const form = {
    purpose: '建议意见',
    title,
    text: '请处理。',
    place: { code: '411600', name: '市本级' },
    category: '010000',
    petitioner: { name: '王甲', phone: '13800009001' },
    publish: false,
    files: [],
  }
  expect(await house.systems.portal.file(form)).toMatchObject({ status: 'acknowledged' })
}

/** Who has it, of all units. */
const holders = (title: string): readonly string[] =>
  house.city.files.units
    .filter(({ id, system }) => house.city.inboxes.items(system, id).some((item) => item.title?.includes(title)))
    .map(({ id }) => id)
    .sort()

const arrives = (title: string): Promise<unknown> =>
  until(() => holders(title).length === 2, { what: title, timeoutMs: 30_000 })

describe('the decision table of the petition flow', () => {
  it('sends the next petition elsewhere once it was changed and deployed', async () => {
    await file('路灯不亮之一')
    await arrives('路灯不亮之一')
    expect(holders('路灯不亮之一')).toEqual(['xinfangju', 'zhujianju'])

    await editor.showTab('petition')
    await editor.open('petition-route')
    const results = editor.page.locator('#yizhan-route input.row-result')
    const values = await results.evaluateAll((inputs) =>
      inputs.map((input) => (input as unknown as { value: string }).value),
    )
    const row = values.indexOf('市住建局')
    expect(row).toBeGreaterThan(0)
    await results.nth(row).fill('市规划局')
    await results.nth(row).press('Tab')
    await editor.done()
    await editor.page.click('#red-ui-header-button-deploy')
    await until(async () => (await readFile(join(folder, 'flows', 'petition.json'), 'utf8')).includes('市规划局'), {
      what: 'the changed table in its file',
      timeoutMs: 30_000,
    })
    await until(async () => (await fetch(`${house.ready().http}/readyz`)).ok, { what: 'the flows' })

    await file('路灯不亮之二')
    await arrives('路灯不亮之二')
    expect(holders('路灯不亮之二')).toEqual(['guihuaju', 'xinfangju'])
    expect(editor.errors).toEqual([])
  }, 120_000)
})
