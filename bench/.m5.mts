import { openForWriting } from '../core/ledger/database.ts'
import { mkdtempSync } from 'node:fs'
const db = await openForWriting(mkdtempSync('/tmp/x-'))
console.log(db.pragma('wal_checkpoint(NOOP)'))
db.exec("insert into release(revision, who, at, flows) values ('a','b',1,'c')")
console.log(db.pragma('wal_checkpoint(NOOP)'))
const s = db.prepare('pragma wal_checkpoint(NOOP)')
const t = performance.now(); for (let i = 0; i < 10000; i++) s.get(); console.log((performance.now() - t) / 10, 'µs', s.get())
console.log(db.pragma('wal_checkpoint(PASSIVE)'))
