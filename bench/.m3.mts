import { openForWriting } from '../core/ledger/database.ts'
import Database from 'better-sqlite3'
import { mkdtempSync } from 'node:fs'
const folder = mkdtempSync('/tmp/x-')
const db = await openForWriting(folder)
console.table(db.prepare(`explain select seq from delivery where order_key = ? and open = 1 order by seq limit 1`).all('x'))
const t = (db: any, sql: string, ...args: any[]) => { const s = db.prepare(sql); for (let i = 0; i < 1000; i++) s.get(...args); const t0 = performance.now(); for (let i = 0; i < 20000; i++) s.get('k' + i, ...args.slice(1)); console.log(((performance.now() - t0) / 20).toFixed(2), 'µs', sql) }
const q = `select * from delivery where order_key = ? and open = 1 order by seq`
for (const p of ['temp_store', 'cache_size', 'mmap_size', 'stats']) try { console.log(p, db.pragma(p)) } catch (e) { console.log(e) }
t(db, q, 'x')
db.pragma('temp_store = FILE'); t(db, q, 'x')
db.pragma('cache_size = -2000'); t(db, q, 'x')
const d2 = new Database(folder + '/ledger.db'); t(d2, q, 'x')
d2.pragma('optimize')
d2.exec('analyze'); t(d2, q, 'x')
d2.exec('create table t(a text, b integer, c integer); create index ti on t(a, b)'); t(d2, 'select * from t where a = ? order by b', 'x')
d2.exec('create index tj on t(a, b, c) where c = 1'); t(d2, 'select * from t where a = ? and c = 1 order by b', 'x')
