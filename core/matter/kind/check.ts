import type { Act, Handling, KindSource } from './schema.ts'

export type NoteProblem = (path: readonly PropertyKey[], value: unknown, rule: string) => void

type Table = Pick<Handling, 'initial' | 'states' | 'acts'>

/** States that are named exist, each is reached from the first, and from each a way leads to an end. */
export function checkTable({ initial, states, acts }: Table, documents: object, complain: NoteProblem): void {
  const known = (path: readonly PropertyKey[], state: string): boolean => {
    if (Object.hasOwn(states, state)) return true
    complain(path, state, `states 中没有此状态 / there is no such state: ${Object.keys(states).join('、')}`)
    return false
  }
  let whole = known(['initial'], initial)
  for (const [name, { from, to, documents: issued }] of Object.entries(acts)) {
    from.forEach((state, at) => (whole = known(['acts', name, 'from', at], state) && whole))
    if (to !== undefined) whole = known(['acts', name, 'to'], to) && whole
    issued.forEach((document, at) => {
      if (!Object.hasOwn(documents, document))
        complain(['acts', name, 'documents', at], document, 'documents 中没有此文书 / there is no such document')
    })
  }
  if (!whole) return
  const steps = Object.values(acts).flatMap(({ from, to }) =>
    from.map((state): [string, string] => [state, to ?? state]),
  )
  const reached = closure([initial], steps)
  const back = steps.map(([from, to]): [string, string] => [to, from])
  const ends = Object.keys(states).filter((state) => states[state]?.end === true)
  if (ends.length === 0) complain(['states'], undefined, '须有办结的状态（end: true） / needs a state that is an end')
  const leading = closure(ends, back)
  for (const state of Object.keys(states)) {
    if (!reached.has(state))
      complain(
        ['states', state],
        state,
        '没有行为能到此状态：加一个行为，或去掉它 / no act leads there: add one, or strike the state',
      )
    if (!leading.has(state))
      complain(
        ['states', state],
        state,
        '从此状态到不了办结：加一个行为，或标 end: true / no way leads from it to an end: add an act, or mark it end: true',
      )
  }
}

/** With a matter its handlers finish, wherever they are: the engine does it by the act `finish`. */
export function checkHandling({ states, acts }: Handling, complain: NoteProblem): void {
  const finish = acts['finish']
  const missed = Object.keys(states).filter(
    (state) => states[state]?.end !== true && finish?.from.includes(state) !== true,
  )
  if (finish?.to === undefined || states[finish.to]?.end !== true || missed.length > 0)
    complain(
      ['acts', 'finish'],
      missed.join('、') || finish?.to,
      '须有行为 finish，从每个未结的状态到一个办结的状态 / the act finish must lead from every open state to an end',
    )
}

/** What the engine itself says: a matter was opened, given to a handler, has ended. */
const ENGINES = ['open', 'assign', 'end']

/** What a kind says beyond its table of states: acts that clocks name, outcomes, documents. */
export function checkKind(kind: KindSource, handling: Handling, complain: NoteProblem): void {
  const acts = new Set([...ENGINES, ...Object.keys(kind.acts), ...Object.keys(handling.acts)])
  for (const name of Object.keys(kind.acts))
    if (ENGINES.includes(name) || Object.hasOwn(handling.acts, name))
      complain(
        ['acts', name],
        name,
        '承办单位或驿站自己已有同名行为，请另取名 / handlers or Yizhan itself have an act of this name: choose another',
      )
  const act = (path: readonly PropertyKey[], name: string): void => {
    if (!acts.has(name)) complain(path, name, `没有此行为 / there is no such act: ${[...acts].join('、')}`)
  }
  for (const [name, clock] of Object.entries(kind.clocks)) {
    const at = ['clocks', name]
    clock.start.forEach((one, index) => act([...at, 'start', index], one))
    clock.stop.forEach((one, index) => act([...at, 'stop', index], one))
    clock.pauses.forEach(({ from, until }, index) => {
      act([...at, 'pauses', index, 'from'], from)
      act([...at, 'pauses', index, 'until'], until)
    })
    if (clock.extension !== undefined) act([...at, 'extension', 'act'], clock.extension.act)
    if (clock.recurring !== undefined) act([...at, 'recurring'], clock.recurring)
    for (const part of ['urge', 'escalate'] as const)
      clock[part].forEach(({ document }, index) => {
        if (document !== undefined && !Object.hasOwn(kind.documents, document))
          complain([...at, part, index, 'document'], document, 'documents 中没有此文书 / there is no such document')
      })
  }
  const choosing = Object.entries<Act>(kind.acts).filter(([, { outcome }]) => outcome)
  for (const [name] of choosing)
    if (Object.keys(kind.outcomes).length === 0)
      complain(['acts', name, 'outcome'], true, '须在 outcomes 列出可选的结果 / outcomes must list what may be chosen')
  if (!Object.values(kind.acts).some(({ assigns }) => assigns))
    complain(['acts'], undefined, '须有交办的行为（assigns: true） / needs an act that assigns')
  if (!Object.values(kind.states).some(({ handled }) => handled))
    complain(['states'], undefined, '须有承办单位可以行为的状态（handled: true） / needs a state in which handlers act')
}

function closure(from: readonly string[], steps: readonly (readonly [string, string])[]): Set<string> {
  const found = new Set(from)
  for (let size = -1; size !== found.size;) {
    size = found.size
    for (const [one, other] of steps) if (found.has(one)) found.add(other)
  }
  return found
}
