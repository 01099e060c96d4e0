import { join } from 'node:path'
import { Problems } from '../../../core/config/problems.ts'
import { checked, pathText, readYaml } from '../../../core/config/yaml.ts'
import { checkFields } from '../dbf/fields.ts'
import type { DbfField } from '../dbf/port.ts'
import { archiveProfileSchema, type ArchiveProfile } from './schema.ts'
import { compileSource, type Compiled } from './source.ts'

/** A profile that has been checked, with its sources compiled. */
export interface CompiledArchiveProfile {
  readonly id: string
  readonly settings: ArchiveProfile
  readonly xml: readonly { readonly name: string; readonly read: Compiled }[]
  readonly dbf: readonly { readonly field: DbfField; readonly read: Compiled }[]
}

/** @throws YizhanError CONFIG_INVALID with the field, its value and the rule */
export function compileArchiveProfile(id: string, settings: ArchiveProfile): CompiledArchiveProfile {
  const where = `archive/${id}.yaml`
  const dbf = settings.dbf.fields.map((entry) => ({
    field: columnOf(entry, settings.dbf),
    read: compileSource(entry, `${where} dbf ${entry.name}`),
  }))
  checkFields(dbf.map(({ field }) => field))
  return {
    id,
    settings,
    dbf,
    xml: settings.xml.fields.map((entry) => ({
      name: entry.name,
      read: compileSource(entry, `${where} xml ${entry.name}`),
    })),
  }
}

function columnOf(
  entry: ArchiveProfile['dbf']['fields'][number],
  { overflow, unmappable, substitute }: ArchiveProfile['dbf'],
): DbfField {
  switch (entry.type) {
    case 'C':
      return {
        name: entry.name,
        type: 'C',
        length: entry.length,
        overflow: entry.overflow ?? overflow,
        ...(unmappable === 'substitute' ? { substitute } : {}),
      }
    case 'N':
      return { name: entry.name, type: 'N', length: entry.length, decimals: entry.decimals }
    case 'L':
      return { name: entry.name, type: 'L' }
  }
}

/**
 * Reads and checks a profile's file. Rejects with CONFIG_INVALID that lists every problem with line, value and rule.
 */
export async function loadArchiveProfile(folder: string, id: string): Promise<CompiledArchiveProfile> {
  const problems = new Problems()
  const source = await readYaml(join(folder, `${id}.yaml`), problems, { name: `archive/${id}.yaml` })
  const settings =
    source &&
    checked(archiveProfileSchema, source.data, problems, (path) => `${source.locate(path).text} ${pathText(path)}`)
  problems.throwIfAny()
  return compileArchiveProfile(id, settings as ArchiveProfile)
}
