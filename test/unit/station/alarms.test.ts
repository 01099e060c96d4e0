import { createHmac } from 'node:crypto'
import { once } from 'node:events'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { until } from '../../lib/wait.ts'
import { runYizhan } from '../../lib/yizhan.ts'
import { runStation, smallStation } from './lib/small-station.ts'

/** A station as a process that has something to complain about, and somebody who listens. */

interface Post {
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** A webhook's server; the first call of each telling fails where it is told so. */
async function listener(refuse: () => boolean): Promise<{ url: string; posts: Post[] }> {
  const posts: Post[] = []
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      if (refuse()) {
        response.writeHead(503).end()
        return
      }
      posts.push({ headers: request.headers, body })
      response.writeHead(204).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/alarms`, posts }
}

interface Shown {
  readonly what: string
  readonly alarm: { readonly id: string; readonly rule: string; readonly severity: string }
}
const shown = ({ body }: Post): Shown => JSON.parse(body) as Shown

it('a faulty file is an alarm: told once, signed, through a restart; acknowledged by a command; over when it is over', async () => {
  let isDown = true
  const { url, posts } = await listener(() => isDown)
  const small = await smallStation()
  onTestFinished(() => rm(small.folder, { recursive: true, force: true }))
  const secrets = JSON.parse(await readFile(small.secrets, 'utf8')) as object
  await writeFile(small.secrets, JSON.stringify({ ...secrets, 'alarm.hook': 'shared' }), { mode: 0o600 })
  await writeFile(
    join(small.config, 'alerts.yaml'),
    `ways:\n  - { id: hook, kind: webhook, url: '${url}', signed: true }\nsteps:\n  - { ways: [hook] }\n`,
  )
  const yizhan = (...args: string[]) => runYizhan(['--data', small.data, '--secrets', small.secrets, ...args])
  const first = await runStation(small.arguments)
  const none = await yizhan('alarms')
  expect(none.out).toContain('没有告警 / no alarms')
  expect(none.code).toBe(0)

  const file = join(small.config, 'units.tsv')
  const sound = await readFile(file, 'utf8')
  await writeFile(file, sound.replace('\toa\n', '\tnobody\n'))
  await until(async () => (await yizhan('alarms')).out.includes('faulty-files'), { what: 'the alarm' })
  // killed before anybody was told: the next station tells it
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  await writeFile(file, sound)
  isDown = false
  const second = await runStation(small.arguments)
  onTestFinished(() => void second.stop())
  await until(() => posts.length > 0, { what: 'the call of the webhook' })
  const [post] = posts
  if (post === undefined) throw new Error('nothing was told')
  expect(shown(post)).toMatchObject({ what: 'raised', alarm: { rule: 'faulty-files', severity: 'warning' } })
  expect(post.headers['x-yizhan-signature']).toBe(
    `sha256=${createHmac('sha256', 'shared').update(post.body).digest('hex')}`,
  )

  const { id } = shown(post).alarm
  expect((await yizhan('alarms', 'acknowledge', 'none')).err).toContain('ALARM_UNKNOWN')
  expect((await yizhan('alarms', 'acknowledge', id, '--note', '在看')).out).toContain('已确认 / acknowledged')
  const list = await yizhan('--json', 'alarms')
  expect(JSON.parse(list.out)).toMatchObject({ alarms: [{ id, acknowledged: { note: '在看' } }] })
  expect(list.code).toBe(0)
  expect(posts).toHaveLength(1)
  const log = await yizhan('audit')
  expect(log.code).toBe(0)
}, 120_000)
