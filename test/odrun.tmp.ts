import { spawn } from 'node:child_process'
import { startRabbitMq } from './lib/servers/rabbitmq.ts'
const broker = await startRabbitMq()
for (const kill of [5]) for (const bus of [broker.url]) for (const seed of [3, 3, 3, 3, 3, 1]) {
  const t = Date.now()
  const args = ['/work/main/dist/sandbox/opening-day.js', '--json', '--seed', String(seed), ...(bus === 'embedded' ? [] : ['--bus', bus]), ...(kill ? ['--kill', String(kill)] : [])]
  const out = await new Promise<{ code: number | null; text: string }>((resolve) => { const c = spawn(process.execPath, args, { cwd: '/work/main' }); let text = ''; c.stdout.on('data', (d) => (text += d)); c.stderr.on('data', (d) => (text += d)); c.on('exit', (code) => resolve({ code, text })) })
  const last = out.text.trim().split('\n').at(-1) ?? ''
  let sum = ''
  try { const j = JSON.parse(last); const kinds = j.kinds ?? j.traffic ?? j; const tot: Record<string, number> = {}; for (const k of Object.values(kinds) as any[]) if (typeof k === 'object') for (const [f, v] of Object.entries(k ?? {})) if (typeof v === 'number') tot[f] = (tot[f] ?? 0) + v; sum = JSON.stringify(tot) } catch { sum = last.slice(0, 300) }
  if (out.code !== 0) (await import('node:fs')).writeFileSync('/tmp/od-fail-' + seed + '-' + t + '.txt', out.text)
  console.log(`kill ${kill} ${bus === 'embedded' ? 'embedded' : 'rabbitmq'} seed ${seed}: exit ${out.code} ${((Date.now() - t) / 1000).toFixed(1)} s ${sum}`)
}
await broker.close()
process.exit(0)
