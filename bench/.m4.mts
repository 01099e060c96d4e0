import Database from 'better-sqlite3'
const t = (name: string, s: any, ...args: any[]) => { for (let i = 0; i < 1000; i++) s.get(...args); const t0 = performance.now(); for (let i = 0; i < 20000; i++) s.get(...args); console.log(((performance.now() - t0) / 20).toFixed(2), 'µs', name) }
const d = new Database(':memory:')
  d.exec('create table t(a text, b integer, c integer); create index ti on t(a, b)')
for (const q of ['select * from t where a = ? order by b', 'select * from t where a = cast(? as text) order by b', `select * from t where a = coalesce(?, '') order by b`, `select * from t where a = (select ?) order by b`, `select * from t where a = cast(? as text) order by b limit 1`, `select * from t where a >= ? and a <= ? order by a, b limit 1`, `select * from t where a = cast(? as text) and b > cast(? as integer) order by b limit 1`]) {
  console.log(d.prepare('explain query plan ' + q).all(...(q.match(/\?/g) ?? []).map(() => 'x')).map((x: any) => x.detail))
  t(q, d.prepare(q), ...(q.match(/\?/g) ?? []).map(() => 'x')) }
