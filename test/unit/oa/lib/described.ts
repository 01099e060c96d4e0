import { join } from 'node:path'
import { accountSchema, systemSchema, unitSchema, type CityConfig } from '../../../../core/config/schema.ts'
import { projectHome } from '../../../../core/config/home.ts'
import { smallCity } from './house.ts'

/** The folder of the worked example of docs/new-dialect.md: `profiles/` and `codes/` as a city has them. */
export const EXAMPLE_FOLDER = join(projectHome(), 'docs', 'dialects', 'soap-jiaohuan')

/** The small city, with a system and two units behind the described dialect. */
export function describedCity(): CityConfig {
  const city = smallCity()
  const unit = (id: string, name: string, code: string) =>
    unitSchema.parse({ id, name, aliases: [], groups: ['department'], codes: [code], system: 'oa-jiaohuan' })
  return {
    ...city,
    systems: [
      ...city.systems,
      systemSchema.parse({
        id: 'oa-jiaohuan',
        adapter: 'oa',
        name: '交换系统',
        profile: 'soap-jiaohuan',
        roles: ['calls-us'],
      }),
    ],
    accounts: [
      ...city.accounts,
      accountSchema.parse({ id: 'water', system: 'oa-jiaohuan', units: ['water'] }),
      accountSchema.parse({ id: 'forest', system: 'oa-jiaohuan', units: ['forest'] }),
    ],
    units: [...city.units, unit('water', '市水务局', 'D-11'), unit('forest', '市林业局', 'D-12')],
  }
}
