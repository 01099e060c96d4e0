import type { AdapterManifest } from '../../core/adapter/manifest.ts'
import { alertsSchema } from '../../core/alarm/config.ts'
import { accountSchema, groupsSchema, stationSchema, systemSchema, unitSchema } from '../../core/config/schema.ts'
import { MANIFESTS } from '../../station/adapters.ts'
import { jsonSchemaOf, systemEntryOf, type JsonSchema } from './json-schemas.ts'

/** `docs/reference/*.md` is written from the configuration's schemas and the manifests, and held to them by a test. */

/** Version that everything came with which does not say another. */
const FIRST = '0.1.0'

/** Pages by their path below `docs/reference/`. */
export function referencePages(): Readonly<Record<string, string>> {
  return {
    'README.md': indexPage(),
    'station.md': page('station.yaml', '站点自己。The station itself.', jsonSchemaOf(stationSchema)),
    'systems.md': page(
      'systems.yaml',
      `\`systems:\` 下每个系统一项。这里是各适配器共有的键；哪些用得上、各自还有哪些，见其页：${MANIFESTS.map(adapterLink).join('、')}。
One entry a system under \`systems:\`. These are the keys that adapters share; which of them count, and what each has besides, stands on its page.`,
      jsonSchemaOf(systemSchema),
      'systems[].',
    ),
    'accounts.md': page(
      'accounts.yaml',
      '`accounts:` 下每个账号一项；口令是密钥 `account.<id>`。One entry an account under `accounts:`; its password is the secret `account.<id>`.',
      jsonSchemaOf(accountSchema),
      'accounts[].',
    ),
    'groups.md': page('groups.yaml', '分组与统称。Groups and collective names.', jsonSchemaOf(groupsSchema)),
    'alerts.md': page(
      'alerts.yaml',
      '告警：规则、值班表、途径；可以没有。见 [docs/alarms.md](../alarms.md)。Alarms: rules, roster, ways; it need not be there.',
      jsonSchemaOf(alertsSchema),
    ),
    'units.md': page(
      'units.tsv',
      '每个单位一行，列以制表符分开，一列中的几个以 `;` 分开。One row a unit; columns are separated by tabs, several values of one by `;`.',
      jsonSchemaOf(unitSchema),
    ),
    ...Object.fromEntries(MANIFESTS.map((manifest) => [adapterFile(manifest), adapterPage(manifest)])),
  }
}

function indexPage(): string {
  const files = [
    ['station.md', 'station.yaml'],
    ['systems.md', 'systems.yaml'],
    ['accounts.md', 'accounts.yaml'],
    ['groups.md', 'groups.yaml'],
    ['alerts.md', 'alerts.yaml'],
    ['units.md', 'units.tsv'],
  ]
  return `# 配置参考 Configuration reference

由模式生成（\`npm run docs\`）。编辑器用的 JSON Schema 在 \`config/schemas/\`。
Generated from the schemas (\`npm run docs\`). JSON Schemas for editors lie in \`config/schemas/\`.

${files.map(([page, name]) => `- [${name}](${page})`).join('\n')}

| 适配器 adapter | 用途 purpose |
| --- | --- |
${MANIFESTS.map((manifest) => `| ${adapterLink(manifest)} | ${manifest.purpose.zh}<br>${manifest.purpose.en} |`).join('\n')}
`
}

function adapterFile({ id }: AdapterManifest): string {
  return `adapter-${id}.md`
}

function adapterLink(manifest: AdapterManifest): string {
  return `[${manifest.id}](${adapterFile(manifest)})`
}

function adapterPage(manifest: AdapterManifest): string {
  const { id, name, purpose, guide, secretEntries, takes, gives, errors, events, failpoints } = manifest
  const { properties: all = {}, required = [] } = systemEntryOf(manifest)
  const properties = Object.fromEntries(Object.entries(all).filter(([key]) => key !== 'pace'))
  return `# \`adapter: ${id}\` ${name.zh} ${name.en}

${purpose.zh}。
${purpose.en.charAt(0).toUpperCase()}${purpose.en.slice(1)}.

怎样使用 how it is used：[docs/systems/${guide}](../systems/${guide})。\`pace\` 见 [systems.yaml](systems.md)。

## 键 Keys

${table({ properties, required }, '', manifest.since)}

## 密钥 Secrets

${secretEntries.length === 0 ? '没有 none' : `| 密钥 secret | 含义 meaning |\n| --- | --- |\n${secretEntries.map((secret) => `| \`${secret.name}\` | ${cell(secret.zh)}<br>${cell(secret.en)} |`).join('\n')}`}

## 消息 Messages

收 takes：${quoted(takes)}；发 gives：${quoted(gives)}。

## 错误与事件 Errors and events

错误 errors：${quoted(Object.keys(errors))}（[errors.md](../errors.md)）。

事件 events：${quoted(Object.keys(events))}（[logs.md](../logs.md)）。

测试可杀进程的瞬间 failpoints：${quoted(failpoints)}。
`
}

function quoted(list: readonly string[]): string {
  return list.length === 0 ? '没有 none' : list.map(code).join('、')
}

function page(name: string, about: string, schema: JsonSchema, prefix = ''): string {
  return `# ${name}

${about}

${table(schema, prefix)}
`
}

function table(schema: JsonSchema, prefix: string, since = FIRST): string {
  return `| 键 key | 类型 type | 缺省 default | 含义 meaning | 自 since |
| --- | --- | --- | --- | --- |
${rowsOf(schema, prefix, since).join('\n')}`
}

/** A row for each key, those below it after it. */
function rowsOf({ properties = {}, required = [] }: JsonSchema, prefix: string, from: string): readonly string[] {
  return Object.entries(properties).flatMap(([key, schema]) => {
    const path = `${prefix}${key}`
    const since = schema.since ?? from
    const fallback =
      schema.default !== undefined
        ? code(JSON.stringify(schema.default))
        : required.includes(key)
          ? '**必填 required**'
          : '—'
    const row = `| ${code(path)} | ${typeOf(schema)} | ${fallback.replaceAll('|', '\\|')} | ${meaning(schema)} | ${since} |`
    return [row, ...below(schema, path, since)]
  })
}

function below(schema: JsonSchema, path: string, since: string): readonly string[] {
  const { items, additionalProperties, oneOf, anyOf, properties } = schema
  if (properties !== undefined) return rowsOf(schema, `${path}.`, since)
  if (items !== undefined) return below(items, `${path}[]`, since)
  if (typeof additionalProperties === 'object') return below(additionalProperties, `${path}.<…>`, since)
  return (oneOf ?? anyOf ?? []).flatMap((variant) => {
    const named = Object.entries(variant.properties ?? {}).find(([, { const: value }]) => value !== undefined)
    return below(variant, named === undefined ? path : `${path}(${named[0]}: ${String(named[1].const)})`, since)
  })
}

function typeOf(schema: JsonSchema): string {
  const { type, items, additionalProperties, oneOf, anyOf, format, properties } = schema
  const values = schema.enum ?? (schema.const === undefined ? undefined : [schema.const])
  if (values !== undefined) return values.map((value) => code(String(value))).join(' ')
  if (items !== undefined) return `列表 list: ${typeOf(items)}`
  if (properties !== undefined) return '对象 object'
  if (typeof additionalProperties === 'object') return `映射 map: ${typeOf(additionalProperties)}`
  const variants = oneOf ?? anyOf
  if (variants !== undefined) return [...new Set(variants.map(typeOf))].join('，或 or ')
  return `${TYPES[String(type)] ?? '任意 any'}${bounds(schema)}${format === undefined ? '' : ` (${format})`}`
}

const TYPES: Readonly<Record<string, string>> = {
  string: '文字 text',
  integer: '整数 integer',
  number: '数 number',
  boolean: '是否 boolean',
  object: '对象 object',
}

function bounds({ minimum, maximum, exclusiveMinimum }: JsonSchema): string {
  const low = minimum !== undefined ? `≥ ${minimum}` : exclusiveMinimum !== undefined ? `> ${exclusiveMinimum}` : ''
  const high = maximum === undefined ? '' : `≤ ${maximum}`
  const text = [low, high].filter((part) => part !== '').join(' ')
  return text === '' ? '' : ` ${text}`
}

function meaning({ description = '' }: JsonSchema): string {
  const at = description.indexOf(' / ')
  return at < 0 ? cell(description) : `${cell(description.slice(0, at))}<br>${cell(description.slice(at + 3))}`
}

function code(text: string): string {
  return `\`${text}\``
}

/** Text of ours: what stands in angle brackets is no markup. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
}
