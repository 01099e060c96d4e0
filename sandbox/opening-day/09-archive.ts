import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'
import { moduleFile } from '../../core/util/module-file.ts'
import { countFolder } from '../counting/accounts.ts'
import { until } from '../clerk/until.ts'
import type { Verdict } from '../archive/item.ts'
import type { Stage } from './stage.ts'

/** An operator's command, and what the counting needs. */
export interface ArchiveParts {
  readonly stage: Stage
  /** the secrets' file, for the operators' command line */
  readonly secrets: string
  /** inboxes and units.tsv, for the accounts */
  readonly inboxes: string
  readonly units: string
}

const REASON = '缺页数'
/**
 * How long the operator's command is tried again while the batch is not listed yet; how long the rest may take: in
 * milliseconds in which the station is up. Bounds for a busy machine.
 */
const BOUND = 150_000

/**
 * ⑨ Everything issued goes to the archive bureau in batches. The first is refused for one document; an operator
 * corrects it and it goes again.
 */
export async function archiveRefused({ stage, secrets }: ArchiveParts): Promise<void> {
  const { bureau } = stage.systems
  bureau.refuseNext(1, REASON)
  const refusal = (): Verdict | undefined =>
    bureau.shelves.verdicts.find(({ findings }) => findings.some(({ reason }) => reason === REASON))
  await until(() => refusal() !== undefined, bureau, 'judged', BOUND, '⑨ 退回 the refusal', stage.upMs)
  const batch = refusal()?.batch ?? ''
  stage.say(`⑨ 归档 Archive: 批次 ${batch} 被退回 refused（${REASON}）`)
  await commanded(['archive', 'correct', batch, '--set', 'pages=3'], stage, secrets)
  stage.say('⑨ 已更正，重新移交 corrected and sent again')
}

/** What was issued, corrected batch included, stands on the shelves. */
export async function archived({ stage, inboxes, units }: ArchiveParts): Promise<void> {
  const { bureau } = stage.systems
  const left = (): number => countFolder(inboxes, units).kinds.archive.lost
  for (const end = stage.upMs() + BOUND; left() > 0;) {
    const known = bureau.shelves.verdicts.length
    await until(
      () => bureau.shelves.verdicts.length > known,
      bureau,
      'judged',
      end - stage.upMs(),
      () => `⑨ 未归档 not archived: ${left()}`,
      stage.upMs,
    )
  }
  stage.say(
    `⑨ ${bureau.shelves.items.length} 件已入库 documents stand on the shelves，${bureau.shelves.verdicts.length} 个批次 batches`,
  )
}

/** As an operator types it; tried again while the station is away or the batch does not wait yet. */
async function commanded(command: readonly string[], { station, upMs }: Stage, secrets: string): Promise<void> {
  for (const end = upMs() + BOUND; ;) {
    const child = spawn(
      process.execPath,
      [moduleFile(import.meta.url, '../../station/cli'), '--station', station(), '--secrets', secrets, ...command],
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    const [said, code] = await Promise.all([
      text(child.stderr),
      new Promise<number | null>((resolve) => child.once('close', resolve)),
    ])
    if (code === 0) return
    if (upMs() > end) throw new Error(`yizhan ${command.join(' ')}: ${said.trim()}`)
  }
}
