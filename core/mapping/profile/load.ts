import { hash } from 'node:crypto'
import { join } from 'node:path'
import { projectHome } from '../../config/home.ts'
import { textsOf, type NamedText } from '../../config/named-texts.ts'
import { Problems } from '../../config/problems.ts'
import { checked, parseYaml, whereIn } from '../../config/yaml.ts'
import {
  DOCUMENT_FIELD_NAMES,
  documentField,
  documentFieldType,
  type DocumentFieldName,
} from '../../message/document-fields.ts'
import { compileTable, type CodeTable } from './codes.ts'
import type { ElementPlan, FormPlan } from './plan.ts'
import { Planner, type Complain } from './planner.ts'
import type { CompiledProfile } from './port.ts'
import { columnsOf } from './from-csv.ts'
import { listForms, RunningProfile } from './profile.ts'
import { checkServed } from './served-check.ts'
import { codeTableSchema, profileSchema, type ProfileSource } from './schema.ts'

/**
 * Compiles the profiles of configuration folders: `profiles/*.yaml` with the tables of `codes/*.yaml`. The project's
 * own come last: a city's file of the same name takes their place. Rejects with one ConfigError (CONFIG_INVALID) that
 * lists everything wrong in any of the files, with file, line, key and rule.
 */
export async function loadProfiles(
  folders: string | readonly string[] = [],
): Promise<ReadonlyMap<string, CompiledProfile>> {
  const all = [...(typeof folders === 'string' ? [folders] : folders), join(projectHome(), 'config')]
  const [profiles, tables] = await Promise.all([textsOf(all, 'profiles'), textsOf(all, 'codes')])
  const problems = new Problems()
  const compiled = new Map(profiles.map((source) => [source.id, compileProfile(source, tables, problems)]))
  problems.throwIfAny()
  return compiled as ReadonlyMap<string, CompiledProfile>
}

/**
 * Compiles one profile. What is wrong is added to `problems`, and `undefined` returned; without `problems` it is
 * thrown.
 */
export function compileProfile(
  source: NamedText,
  tables: readonly NamedText[],
  problems: Problems,
): CompiledProfile | undefined
export function compileProfile(source: NamedText, tables: readonly NamedText[]): CompiledProfile
export function compileProfile(
  source: NamedText,
  tables: readonly NamedText[],
  given?: Problems,
): CompiledProfile | undefined {
  const problems = given ?? new Problems()
  const before = problems.count
  const name = `profiles/${source.id}.yaml`
  const yaml = parseYaml(name, source.text, problems)
  const where = yaml === undefined ? () => name : whereIn([yaml])
  const profile = yaml === undefined ? undefined : checked(profileSchema, yaml.data, problems, where)
  if (profile !== undefined && profile.profile !== source.id)
    problems.add(where(['profile']), profile.profile, `须与文件名相同 / must be the file’s name: ${source.id}`)
  const used = profile === undefined ? new Set<string>() : tablesOf(profile)
  const wanted = tables.filter((table) => used.has(table.id))
  const codes = new Map(wanted.flatMap((table) => compileCodes(table, problems)))
  const plans =
    profile === undefined
      ? []
      : planForms(profile, codes, (path, value, rule) => problems.add(where(path), value, rule))
  if (problems.count > before) {
    if (given === undefined) problems.throwIfAny()
    return undefined
  }
  const revision = hash('sha256', [source.text, ...wanted.map((table) => table.text)].join('\n'), 'hex').slice(0, 16)
  return new RunningProfile(profile as ProfileSource, revision, plans)
}

function planForms(profile: ProfileSource, codes: ReadonlyMap<string, CodeTable>, complain: Complain): FormPlan[] {
  const planner = new Planner(profile, codes, complain)
  const plans = Object.entries(profile.forms).flatMap(([name, form]) => planner.form(name, form) ?? [])
  checkLacks(profile, plans, complain)
  if (profile.syntax.includes('csv')) checkList(profile, plans, complain)
  else if (profile.list !== undefined) complain(['list'], profile.list, 'syntax 中没有 csv / there is no csv in syntax')
  if (profile.profile.startsWith('soap-') !== (profile.soap !== undefined))
    complain(
      ['profile'],
      profile.profile,
      '名称以 soap- 开头的方言须有 soap，其余没有 / a profile has the key soap where its name begins with soap-, and only there',
    )
  if (profile.soap !== undefined) checkServed(profile.soap, profile.namespace, plans, complain)
  return plans
}

/** A CSV list is of one form, whose elements are columns. */
function checkList({ list }: ProfileSource, plans: readonly FormPlan[], complain: Complain): void {
  const forms = listForms(plans, list)
  const [form] = forms
  if (form === undefined || forms.length > 1)
    complain(
      [list === undefined ? 'syntax' : 'list'],
      list ?? 'csv',
      '须恰有一种读作公文或回执等的表单，或以 list 指明其一 / needs exactly one form of a message that is read, or list names one of them',
    )
  else columnsOf(form.root, (element, rule) => complain(['forms', form.name], element, rule))
}

/** Every field of a document is carried, or said to be lacking: a new one is forgotten in no dialect. */
function checkLacks({ lacks }: ProfileSource, plans: readonly FormPlan[], complain: Complain): void {
  if (lacks === undefined) return
  const named = new Set(plans.filter(({ kind }) => kind !== 'record').flatMap(({ root }) => [...fieldsIn(root)]))
  const carries = (name: DocumentFieldName): boolean => {
    // A repeated part stands beside the fields, not under `document`.
    const field = documentFieldType(name).type === 'parties' ? name : `document.${name}`
    return [...named].some((one) => one === field || one.startsWith(`${field}.`))
  }
  for (const name of DOCUMENT_FIELD_NAMES)
    if (carries(name) === lacks.includes(name))
      complain(
        ['lacks'],
        name,
        carries(name)
          ? '方言中有此字段，不列入 lacks / the dialect carries it'
          : `方言中没有“${documentField(name).zh}”：在表单中加 document.${name}，或列入 lacks / no form names it: add it to one, or list it here`,
      )
}

function fieldsIn(plan: ElementPlan): Set<string> {
  return new Set(
    [
      plan.each,
      ...[...(plan.value === undefined ? [] : [plan.value]), ...plan.attributes].flatMap(({ read, write }) => [
        read,
        write,
      ]),
      ...plan.children.flatMap((child) => [...fieldsIn(child)]),
    ].filter((field) => field !== undefined),
  )
}

function compileCodes(source: NamedText, problems: Problems): [string, CodeTable][] {
  const yaml = parseYaml(`codes/${source.id}.yaml`, source.text, problems)
  if (yaml === undefined) return []
  const where = whereIn([yaml])
  const table = checked(codeTableSchema, yaml.data, problems, where)
  return table === undefined
    ? []
    : [[source.id, compileTable(table, (path, value, rule) => problems.add(where(path), value, rule))]]
}

/** Names of the code tables that a profile mentions anywhere. */
function tablesOf(value: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(value)) for (const item of value) tablesOf(item, found)
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (key === 'table' && typeof inner === 'string') found.add(inner)
      else tablesOf(inner, found)
    }
  }
  return found
}
