import { mark, type Look } from './finding.ts'
import { guardForm } from './letters.ts'

/**
 * Words of 密级 that are no state secret; everything else refuses. Configurable: `classified.unclassified` of
 * station.yaml.
 */
export const UNCLASSIFIED = [
  '无',
  '无密级',
  '空',
  '公开',
  '主动公开',
  '依申请公开',
  '普通',
  '普通件',
  '一般',
  '平件',
  '非密',
  '非密级',
  '非涉密',
  '不涉密',
  '未定密',
  '内部',
  '内部公开',
  '内部使用',
  '内部文件',
  '内部资料',
  '工作秘密',
  '内部工作秘密',
  '工秘',
  'none',
  'public',
  'open',
  'internal',
  'unclassified',
  'normal',
  'null',
] as const

/** A class that is longer is none. */
const LONGEST = 100

/** What no configuration makes unclassified. */
const SECRET = /绝密|机密|(?<!工作)秘密|★|secret|confidential|^密$/u

/** Whether a city may list a word as unclassified. */
export function mayBeUnclassified(word: string): boolean {
  return !SECRET.test(bare(word))
}

/** Letters and digits only: brackets, blanks and the label 密级： say nothing. */
function bare(text: string): string {
  return guardForm(text)
    .replace(/[^\p{L}\p{N}★*]/gu, '')
    .replace(/^(?:秘密等级|密级|保密级别|涉密等级|security(?:class|level)|classification)(?=.)/u, '')
}

/** Holds the words of a class field against the list. */
export function classRule(unclassified: readonly string[]): (text: string) => Look | undefined {
  const words = unclassified.map(bare).filter((word) => word !== '')
  // Several of them together say the same: 工作秘密（内部）.
  const known = words.length === 0 ? undefined : new RegExp(`^(?:${words.join('|')})+$`, 'u')
  return (text) => {
    const word = bare(text.slice(0, LONGEST))
    return text.length <= LONGEST && (word === '' || known?.test(word) === true)
      ? undefined
      : mark('密级只可为站点所列的非密用词 / only the unclassified words that the station lists')
  }
}
