import { openForWriting } from '../core/ledger/database.ts'
import { migrate } from '../core/ledger/migrate.ts'
import { Books } from '../core/ledger/books.ts'
import { Prepared } from '../core/ledger/statement.ts'
import { COMMANDS } from '../core/ledger/commands/index.ts'
import { toStored, routeFacts } from '../core/ledger/stored.ts'
import { mkdtempSync } from 'node:fs'
import { randomBytes, hash } from 'node:crypto'
const folder = mkdtempSync('/tmp/x-')
const db = openForWriting(folder); await migrate(db)
const INSTR = process.argv[2] === 'i'
const times = new Map<string, [number, number]>()
const orig = db.prepare.bind(db)
if (INSTR) db.prepare = ((sql: string) => { const s = orig(sql) as any
  for (const m of ['get', 'all', 'run']) { const f = s[m].bind(s); s[m] = (...a: any[]) => { const t = process.hrtime.bigint(); const r = f(...a); const d = Number(process.hrtime.bigint() - t); const e = times.get(sql) ?? [0, 0]; e[0] += d; e[1]++; times.set(sql, e); return r } }
  return s }) as never
const books = new Books(db, { station: 's', hop: { maxAttempts: 1, backoffMs: 1, maxBackoffMs: 1 }, contentFolder: folder, maxVolumeBytes: undefined, verifyBodies: false })
books.subscriptions.put('a', { source: 'oa' }, 1)
const begin = db.prepare('begin immediate'), commit = db.prepare('commit')
let n = 0
const G = 32
let cpu = 0
const phase: Record<string, number> = {}
for (let round = 0; round < 400; round++) {
  const cmds = Array.from({ length: G }, () => { const id = `s-${Date.now().toString(36)}-${randomBytes(5).toString('hex')}`; n++
    const body = randomBytes(1024)
    const m: any = { schema: 'document/1', kind: 'document', id, trace: id, number: `周政办〔2011〕${id}号`, from: { unit: 'u00', name: '市政府办公室' }, recipients: [{ unit: 'u1', name: '一号单位', role: 'to' }], urgency: 'ordinary', acceptedAt: new Date().toISOString(), origin: { system: 'oa1', account: 'a', externalId: 'x-' + id }, files: [], document: { direction: 'issue', title: '关于进一步做好二〇一一年有关工作的通知', documentType: '通知', mainRecipients: '各县（市、区）人民政府，市人民政府各部门', date: '2011-05-20' } }
    return { message: toStored(m), facts: routeFacts(m), account: 'a', recipients: [{ unit: 'u1', role: 'to' }], bodies: [{ digest: 'sha256:' + hash('sha256', body, 'hex'), bytes: body }], raw: { contentType: 'x', pieces: '[1]', bytes: randomBytes(1200) }, key: 'k' + id, fingerprint: hash('sha256', id, 'hex'), claimsNumber: { issuer: 'u00', number: m.number }, effect: { type: 'issue' as const }, act: { by: null, reason: null }, revisions: { profile: 'p', directory: 'd' }, preclaim: { owner: 'o', leaseUntil: 1e14, subscriptions: ['a'] }, now: Date.now() } })
  const c0 = process.cpuUsage(); 
  const tr = (name: string, f: () => void) => { const t = performance.now(); begin.run(); f(); books.seal(); commit.run(); books.committed(); phase[name] = (phase[name] ?? 0) + performance.now() - t }
  const hops: any[] = [], rows: string[] = []
  tr('accept', () => cmds.forEach((c) => { const r = COMMANDS.accept(books, c as any); if (r.status === 'accepted') hops.push(r.hops[0]) }))
  tr('commit', () => hops.forEach((h) => { const r = COMMANDS.commitHops(books, { hops: [h], owner: 'o', flowsRevision: 'f', now: Date.now(), outputs: [{ message: undefined, roles: {}, bodies: [], targets: [{ system: 'y', unit: 'u1', mode: 'push', order: 'document', expiresAt: Date.now() + 1e9 }] }] }); if (r.status === 'committed') rows.push(r.announce[0].row) }))
  tr('claim', () => rows.forEach((row) => COMMANDS.claimDelivery(books, { row, owner: 'o', now: Date.now(), leaseUntil: Date.now() + 60000 })))
  tr('book', () => rows.forEach((row) => { const r = COMMANDS.bookDelivery(books, { row, owner: 'o', attempt: 1, now: Date.now(), booking: { type: 'delivered', ms: 3, remoteId: 'r' } }); if (r.status !== 'booked') throw 1 }))
  const c1 = process.cpuUsage(c0); cpu += c1.user + c1.system
  if (process.argv[3] && round % Number(process.argv[3]) === 0) db.pragma('wal_checkpoint(PASSIVE)')
}
console.log('docs', n, 'cpu µs/doc', cpu / n, 'wall µs/doc', Object.fromEntries(Object.entries(phase).map(([k, v]) => [k, Math.round(v * 1000 / n)])))
if (INSTR) for (const [sql, [t, c]] of [...times].sort((a, b) => b[1][0] - a[1][0]).slice(0, 30)) console.log((t / n / 1000).toFixed(1).padStart(7), 'µs/doc', (c / n).toFixed(2), sql.slice(0, 110))
console.log('frames', db.pragma('wal_checkpoint(PASSIVE)'), 'frames/doc (no ckpt runs only)')
const pages = db.prepare("select name, sum(pgsize)/4096 p, count(*) from dbstat group by name order by 2 desc limit 20").all()
console.table(pages)
