import type { Act, Handling } from './schema.ts'

/** A table of states as a diagram (Mermaid's stateDiagram-v2), with the acts that lead from one to another. */
export function diagramOf({ initial, states, acts }: Pick<Handling, 'initial' | 'states' | 'acts'>): string {
  const ways = new Map<string, string[]>()
  for (const { from, to, name } of Object.values<Act>(acts))
    for (const state of from) {
      const way = `${state} --> ${to ?? state}`
      ways.set(way, [...(ways.get(way) ?? []), name.zh])
    }
  return [
    'stateDiagram-v2',
    ...Object.entries(states).map(([state, { name }]) => `  ${state}: ${name.zh} ${name.en}`),
    `  [*] --> ${initial}`,
    ...[...ways].map(([way, names]) => `  ${way}: ${names.join('、')}`),
    ...Object.entries(states).flatMap(([state, { end }]) => (end ? [`  ${state} --> [*]`] : [])),
  ].join('\n')
}
