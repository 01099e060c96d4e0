import type { UnitView } from '../hop/link.ts'
import { SPOKEN_NAMES } from './spoken-names.ts'

/** Ends of names by which a department is known for one; the longest that fits counts. */
const ORGANS = ['委员会', '办公室', '委', '局', '办', '社', '厅'] as const
/** Long forms that are spoken short. */
const SHORT: Readonly<Record<string, string>> = { 委员会: '委', 办公室: '办' }
/**
 * What follows the field of a department when the department is meant: 教育部门, where 教育 alone is a word of every
 * day.
 */
const MEANT = ['部门', '系统', '主管部门', '管理部门', '行政部门', '执法部门', '机关', '口']
/** Ends of names that say nothing of the field. */
const GENERIC = new Set([
  '管理',
  '监督',
  '行政',
  '事务',
  '服务',
  '工作',
  '综合',
  '发展',
  '监管',
  '资源',
  '技术',
  '政府',
])

interface Parted {
  /** 住房和城乡建设 of 周口市住房和城乡建设局 */
  readonly stem: string
  readonly organ: string
}

/**
 * Names by which people mean a unit that stand in no list: without the city (住建局), the bare abbreviation (住建), the
 * end and the parts of a long name (建设局, 城乡建设局, 社会保障局), the field with 部门 or 系统 behind it; and those
 * of
 * `SPOKEN_NAMES` and of the configuration. They are for recognition only, never for addressing.
 */
export function spokenForms(unit: Pick<UnitView, 'name' | 'aliases' | 'spoken'>): readonly string[] {
  const names = [unit.name, ...unit.aliases]
  const bare = names.map(withoutCity)
  const parted = bare.map(partsOf).filter((parts) => parts !== undefined)
  const listed = SPOKEN_NAMES.filter(([departments]) => departments.some((name) => bare.includes(name)))
  const forms = [
    ...bare.filter((name, at) => name !== names[at] && partsOf(name) !== undefined),
    ...parted.flatMap((one) => formsOf(one, parted)),
    ...listed.flatMap(([, spoken]) => spoken),
    ...(unit.spoken ?? []),
  ]
  return [...new Set(forms)].filter((form) => form.length >= 2)
}

function formsOf({ stem, organ }: Parted, all: readonly Parted[]): string[] {
  const short = SHORT[organ] ?? organ
  const forms = [stem + short, ...(says(stem) ? MEANT.map((word) => stem + word) : [])]
  // An abbreviation is no word of the language: 住建, 发改, 人社. 教育 of 教育局 is.
  const isContraction = all.some((other) => other.stem.length > stem.length && !other.stem.includes(stem))
  if (isContraction && stem.length <= 3) forms.push(stem)
  const segments = stem.split(/和|与|及/u)
  if (segments.length > 1) forms.push(...segments.filter(says).map((segment) => segment + organ))
  const ends = [2, 4].filter((length) => stem.length > length).map((length) => stem.slice(-length))
  forms.push(...ends.filter((end) => says(end) && !/[和与及]/u.test(end)).map((end) => end + organ))
  return forms
}

function says(part: string): boolean {
  return part.length >= 2 && !GENERIC.has(part.slice(-2))
}

/** 周口市住建局 and 市住建局 are 住建局; 市场监管局 stays what it is. */
function withoutCity(name: string): string {
  const city = /^(?:市(?!场)|\p{Script=Han}{2,3}?市)(?=\p{Script=Han}{2,})/u.exec(name)?.[0]
  return city === undefined ? name : name.slice(city.length)
}

function partsOf(name: string): Parted | undefined {
  const organ = ORGANS.find((end) => name.endsWith(end))
  const stem = organ === undefined ? '' : name.slice(0, -organ.length)
  return organ === undefined || stem.length < 2 ? undefined : { stem, organ }
}
