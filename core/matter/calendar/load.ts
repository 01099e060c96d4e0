import { hash } from 'node:crypto'
import { join } from 'node:path'
import { projectHome } from '../../config/home.ts'
import { textsOf, type NamedText } from '../../config/named-texts.ts'
import { Problems } from '../../config/problems.ts'
import { checked, parseYaml, whereIn } from '../../config/yaml.ts'
import { LONGEST_HOLIDAY, WorkCalendar } from './calendar.ts'
import { dayNamed } from './days.ts'
import { hoursSchema, yearSchema, type HoursSource, type YearSource } from './schema.ts'

type Complain = (path: readonly PropertyKey[], value: unknown, rule: string) => void

/**
 * The calendar of `calendars/*.yaml` in configuration folders, a city's own file of a year in place of the project's.
 * Rejects with one ConfigError (CONFIG_INVALID) that lists everything wrong, with file, line, key and rule.
 */
export async function loadCalendar(folders: string | readonly string[] = []): Promise<WorkCalendar> {
  const all = [...(typeof folders === 'string' ? [folders] : folders), join(projectHome(), 'config')]
  const problems = new Problems()
  const calendar = compileCalendar(await textsOf(all, 'calendars'), problems)
  problems.throwIfAny()
  return calendar
}

/** Makes a calendar of the texts of its files; what is wrong is added to `problems`. */
export function compileCalendar(texts: readonly NamedText[], problems: Problems): WorkCalendar {
  const years: YearSource[] = []
  let hours: HoursSource = { spans: [], seasons: [] }
  for (const { id, text } of texts) {
    const name = `calendars/${id}.yaml`
    const yaml = parseYaml(name, text, problems)
    if (yaml === undefined) continue
    const where = whereIn([yaml])
    const complain: Complain = (path, value, rule) => problems.add(where(path), value, rule)
    if (id === 'hours') {
      const found = checked(hoursSchema, yaml.data, problems, where)
      if (found === undefined) continue
      checkHours(found, complain)
      hours = found
    } else {
      const found = checked(yearSchema, yaml.data, problems, where)
      if (found === undefined) continue
      checkYear(found, id, complain)
      years.push(found)
    }
  }
  if (!texts.some(({ id }) => id === 'hours'))
    problems.add('calendars/hours.yaml', undefined, '须有工作时间 / working hours are needed')
  const revision = hash('sha256', JSON.stringify(texts), 'hex').slice(0, 16)
  return new WorkCalendar(years, hours, revision)
}

function checkYear({ year, holidays, makeUp }: YearSource, id: string, complain: Complain): void {
  if (String(year) !== id) complain(['year'], year, `须与文件名相同 / must be the file’s name: ${id}`)
  const off = new Set<number>()
  holidays.forEach(({ from, to }, at) => {
    const [first, last] = [dayNamed(from), dayNamed(to)]
    if (last < first || last - first >= LONGEST_HOLIDAY)
      complain(
        ['holidays', at, 'to'],
        to,
        `不得早于 from，一个假期至多 ${LONGEST_HOLIDAY} 天 / not before from, and at most ${LONGEST_HOLIDAY} days a holiday`,
      )
    else for (let day = first; day <= last; day++) off.add(day)
    if (!from.startsWith(id) && !to.startsWith(id))
      complain(['holidays', at, 'from'], from, `须在 ${id} 年 / must lie in ${id}`)
  })
  makeUp.forEach((text, at) => {
    const day = dayNamed(text)
    if (off.has(day))
      complain(['makeUp', at], text, '当天已列为放假，二者取一 / is a holiday as well: strike one of them')
    else if (![0, 6].includes((day + 4) % 7))
      complain(
        ['makeUp', at],
        text,
        '调休上班的日子须是周末，请核对通知 / a make-up day is at a weekend: see the notice',
      )
    if (!text.startsWith(id)) complain(['makeUp', at], text, `须在 ${id} 年 / must lie in ${id}`)
  })
}

function checkHours({ spans, seasons }: HoursSource, complain: Complain): void {
  const inOrder = (list: readonly string[], path: readonly PropertyKey[]): void => {
    const ends = list.flatMap((span) => span.split('-'))
    ends.forEach((end, at) => {
      const before = ends[at - 1]
      if (before === undefined || before < end || (at % 2 === 0 && before === end)) return
      const index = Math.floor(at / 2)
      complain([...path, index], list[index], '时段须前后相接、不重叠 / spans go forward and do not overlap')
    })
  }
  inOrder(spans, ['spans'])
  seasons.forEach((season, at) => inOrder(season.spans, ['seasons', at, 'spans']))
}
