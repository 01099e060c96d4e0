import type { Command } from 'commander'
import { LEVELS, STAYS, type Level, type Stays } from '../../core/retention/rules.ts'
import type { ArchiveVerification, FoundStory } from '../retention/archive.ts'
import type { RetentionReport, RetentionRound } from '../retention/runner.ts'
import { table, when } from './text.ts'
import { query, type CliTools } from './tools.ts'

const LEVEL_WORDS: Readonly<Record<Level, string>> = {
  raw: '报文 raw',
  content: '正文 content',
  finished: '整件 finished',
}
const STAY_WORDS: Readonly<Record<Stays, string>> = {
  open: '未了 open',
  dead: '死信 dead',
  'on-paper': '待纸质补送 on paper list',
  unconfirmed: '未确认 unconfirmed',
  undecided: '待核定 undecided',
  untold: '公开事件未发 feed behind',
  shown: '门户在示 shown',
}

/** What is kept for how long, what has left, and where it is. */
export function retentionCommands(program: Command, { ask, print, no }: CliTools): void {
  const retention = program
    .command('retention')
    .description('保留期限与归档 / how long things are kept, and the archive')
  retention
    .command('show', { isDefault: true })
    .description('期限、占用、现在会删去什么 / the policy, what stands, and what would go now')
    .action(async () => {
      const report = await ask<RetentionReport>('GET', '/retention', undefined, { patient: true })
      print(report, () => reportLines(report))
    })
  retention
    .command('run')
    .description('现在就做一轮 / do a round now')
    .action(async () => {
      const round = await ask<RetentionRound>('POST', '/retention/run', undefined, { patient: true })
      print(round, () => [roundLine(round)])
    })
  retention
    .command('find')
    .argument('<text>', '发文字号、标题中的词、单位或日期 / a number, a word of the title, a unit or a day')
    .description('在归档中查找 / look in the archive')
    .action(async (text: string) => {
      const found = await ask<FoundStory[]>('GET', `/retention/find${query({ q: text })}`, undefined, { patient: true })
      print(found, () => (found.length === 0 ? [`归档中没有 / not in the archive: ${text}`] : foundLines(found)))
      if (found.length === 0) no()
    })
  retention
    .command('verify')
    .description('核验归档的每个文件 / verify every file of the archive')
    .action(async () => {
      const result = await ask<ArchiveVerification>('POST', '/retention/verify', undefined, { patient: true })
      print(result, () => verifiedLines(result))
      if (result.faults.length > 0) no()
    })
}

function reportLines({ policy, storage, due, stays, last, next, prunedLinks }: RetentionReport): string[] {
  const { ledgerBytes, freeBytes, volumes, volumeBytes, liveBytes } = storage
  const sizes = [
    `台账 ledger ${megabytes(ledgerBytes)}，其中空闲 free ${megabytes(freeBytes)}；卷 volumes ${volumes}，${megabytes(volumeBytes)}，其中在用 live ${megabytes(liveBytes)}`,
  ]
  if (policy === undefined)
    return ['没有设保留期限，什么也不会删 / no policy: nothing is ever pruned（station.yaml retention）', ...sizes]
  const days = { raw: policy.rawDays, content: policy.contentDays, finished: policy.finishedDays }
  return [
    `归档 archive: ${policy.archive ?? '无，到期即删 none: what goes is gone'}`,
    ...table(
      ['', '天 days', '现可删 due now', '因故保留 stays'],
      LEVELS.map((level) => [
        LEVEL_WORDS[level],
        days[level],
        `${due?.[level].stories ?? 0}${due?.[level].more === true ? '+' : ''}`,
        staysText(stays[level] ?? {}),
      ]),
    ),
    `键 keys ${policy.keysDays} 天 days；审计 audit ${policy.auditDays} 天 days，已精简 ${prunedLinks} 环 links by hash alone；门户所示 shown ${policy.shownDays ?? '∞'} 天 days`,
    ...sizes,
    ...(last === undefined ? [] : [`${when(last.at)}  ${roundLine(last)}`]),
    ...(next === undefined ? [] : [`下一轮 next round: ${when(next)}`]),
  ]
}

function staysText(stays: Readonly<Partial<Record<Stays, number>>>): string {
  return STAYS.flatMap((why) => (stays[why] === undefined ? [] : [`${STAY_WORDS[why]} ${stays[why]}`])).join('，')
}

function roundLine({ stories, rows, bytes, volumeBytes, longestMs }: RetentionRound): string {
  const gone = LEVELS.map((level) => `${LEVEL_WORDS[level]} ${stories[level]}`).join('，')
  return `${gone}；${rows} 行 rows，${megabytes(bytes)}；卷 volumes ${megabytes(volumeBytes)}；最长一步 longest step ${longestMs} ms`
}

function foundLines(found: readonly FoundStory[]): string[] {
  return table(
    ['受理 accepted', '字号 number', '标题 title', '收文号 id', '文件 file'],
    found.map(({ acceptedAt, number, title, story, kind, file }) => [
      when(acceptedAt),
      number ?? '',
      title ?? kind,
      story,
      file,
    ]),
  )
}

function verifiedLines({ files, stories, events, unproven, faults }: ArchiveVerification): string[] {
  return [
    `${files} 个文件 files，${stories} 件 stories；${events} 环与审计链相符 links hold，${unproven} 环无从核对 cannot be proven alone`,
    ...faults.slice(0, 50).map((fault) => `✗ ${fault}`),
    ...(faults.length === 0 ? ['归档完整 / the archive is whole'] : []),
  ]
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`
}
