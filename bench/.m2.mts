import { openForWriting } from '../core/ledger/database.ts'
import { mkdtempSync } from 'node:fs'
const db = await openForWriting(mkdtempSync('/tmp/x-'))
const t = (sql: string, ...args: any[]) => { const s = db.prepare(sql); for (let i = 0; i < 1000; i++) s.get(...args); const t0 = performance.now(); for (let i = 0; i < 20000; i++) s.get('k' + i, ...args.slice(1)); console.log(((performance.now() - t0) / 20).toFixed(2), 'µs', sql) }

t(`select * from delivery where order_key = ? and open = 1 order by seq`, 'x')
t(`select * from delivery where order_key = ? and open = 1 order by order_key, seq limit 1`, 'x')
t(`select * from delivery where order_key = ? and open = 1 order by seq limit ?`, 'x', 1)
t(`select * from hop where subscription = ? and state = 'ready' order by rank, seq limit ?`, 'x', 1)
t(`select * from hop where subscription = ? and state = 'ready' order by rank, seq`, 'x')
t(`select * from hop where subscription = ? and state = 'ready' order by subscription, rank, seq limit ?`, 'x', 1)
t(`select * from delivery where head = 1 and state = 'ready' and system = ? and rank = ? and announced_at <= ? order by announced_at limit ?`, 'x', 1, 1, 1)
t(`select * from recipient where document = ? and unit = ?`, 'x', 'y')
t(`select * from event where seq > ? and seq <= ? order by seq limit ?`, 0, 1, 2)
