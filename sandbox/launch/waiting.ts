import { once } from 'node:events'
import { watch } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort, listen } from '../net/ports.ts'
import type { Progress } from '../opening-day/progress.ts'

const ZH = '配置读不出，沙箱和站点都没有启动；改好保存，即自动启动'
const EN =
  'The configuration cannot be read: sandbox and station are not running. They start when it is mended and saved'

/** Editors write in several steps, milliseconds. */
const QUIET_MS = 300

/** Says on terminal and page what is wrong with the configuration, and resolves when a file of it is saved. */
export async function waitForChange(options: {
  readonly config: string
  readonly problem: string
  readonly port: number
  readonly progress: Progress
}): Promise<void> {
  const { config, problem, progress } = options
  const watching = watch(config)
  const changed = once(watching, 'change')
  const server = createServer((_request, response) => {
    response.writeHead(503, { 'content-type': 'text/html; charset=utf-8', 'retry-after': '2', refresh: '2' })
    response.end(page(config, problem))
  })
  try {
    const port = await freePort(options.port)
    await listen(server, port)
    progress.say(`⚠ ${ZH} ${EN}（http://127.0.0.1:${port}）：\n${problem}`)
    await changed
    await delay(QUIET_MS)
  } finally {
    watching.close()
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
}

function page(config: string, problem: string): string {
  const text = (of: string): string => of.replace(/[&<]/g, (character) => (character === '&' ? '&amp;' : '&lt;'))
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>驿站沙箱：配置有误 Yizhan sandbox: wrong configuration</title>
<style>
:root { color-scheme: light dark; }
body { max-width: 50rem; margin: 3rem auto; padding: 0 1.25rem; font: 16px/1.7 system-ui, "Noto Sans CJK SC", "Microsoft YaHei", sans-serif; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; border-left: 4px solid #c0392b; padding-left: 1rem; }
</style>
</head>
<body>
<h1>⚠ 配置有误</h1>
<p>${ZH}。<br>${EN}.</p>
<p><code>${text(config)}</code></p>
<pre>${text(problem)}</pre>
</body>
</html>
`
}
