import type { ClockRule } from '../../core/matter/clock/schema.ts'
import { diagramOf } from '../../core/matter/kind/diagram.ts'
import type { Handling, Kind } from '../../core/matter/kind/schema.ts'
import type { Length } from '../../core/matter/length.ts'

/** `docs/matter-kinds.md`: each kind of matter with its states drawn and its clocks, from `config/matters/`. */
export function mattersPage(kinds: ReadonlyMap<string, Kind>): string {
  const handlings = new Map<string, Handling>([...kinds.values()].map(({ handling }) => [handling.handling, handling]))
  return `# 办件种类 Kinds of matters

由 \`config/matters/\` 生成（\`npm run docs\`）。怎样计算见 [matters.md](matters.md)。
Generated from \`config/matters/\` (\`npm run docs\`). How periods are counted: [matters.md](matters.md).

${[...kinds.values()].map(kindPart).join('\n')}
## 承办单位 Handlers

${[...handlings.values()].map((handling) => `\`${handling.handling}\`\n\n${drawn(handling)}`).join('\n\n')}
`
}

function kindPart(kind: Kind): string {
  return `## ${kind.name.zh} ${kind.name.en} (\`${kind.kind}\`)

${drawn(kind)}

| 时限 clock | 起 from | 止 until | 期限 period | 延长 extension | 依据 source |
| --- | --- | --- | --- | --- | --- |
${Object.entries(kind.clocks)
  .map(([name, clock]) => clockRow(name, clock))
  .join('\n')}
`
}

function clockRow(name: string, { name: title, start, stop, length, extension, source }: ClockRule): string {
  const more = extension === undefined ? '' : `${lengthText(extension.length)} ×${extension.times}`
  const from = 'law' in source ? `${source.law}${source.article}` : source.rule
  return `| \`${name}\` ${title.zh} ${title.en} | ${start.join(', ')} | ${stop.join(', ')} | ${lengthText(length)} | ${more} | ${from} |`
}

const UNITS: Readonly<Record<Length['unit'], string>> = {
  days: '日 days',
  workingDays: '工作日 working days',
  workingHours: '工作小时 working hours',
  hours: '小时 hours',
  months: '个月 months',
}

function lengthText({ unit, count }: Length): string {
  return `${count} ${UNITS[unit]}`
}

function drawn(table: Pick<Handling, 'initial' | 'states' | 'acts'>): string {
  return `\`\`\`mermaid\n${diagramOf(table)}\n\`\`\``
}
