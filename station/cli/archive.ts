import { z } from 'zod'
import type { Command } from 'commander'
import { YizhanError } from '../../core/errors/error.ts'
import { subjectId, type Message } from '../../core/message/schema.ts'
import { readJsonFile } from '../json-file.ts'
import { MOST } from './dead-letters.ts'
import { table } from './text.ts'
import { actor, query, reading, type CliTools } from './tools.ts'
import type { DeadLetterView, WhereView } from './where-text.ts'

type Corrections = Readonly<Record<string, Readonly<Record<string, string>>>>

/** What an operator changes of a batch. */
export interface BatchChange {
  /** by a document's id: canonical paths such as `document.title` */
  readonly corrections: Corrections
  /** documents that shall not go again */
  readonly without: readonly string[]
}

/** A batch that waits for an operator: refused by the bureau, or by our own checks before it left. */
export interface RefusedBatch {
  readonly letter: DeadLetterView
  /** 批次号; of one that never left: the delivery's id */
  readonly batch: string
  readonly documents: readonly string[]
  readonly refused: readonly {
    readonly sequence: number
    readonly archiveNumber?: string | undefined
    readonly document?: string | undefined
    readonly reason: string
  }[]
}

export function refusedBatches(letters: readonly DeadLetterView[]): RefusedBatch[] {
  return letters.flatMap((letter): RefusedBatch[] => {
    const { message } = letter
    // Its documents are listed one by one, as set aside.
    if (letter.error.code === 'ARCHIVE_ASIDE') return []
    if (message.kind === 'archive-batch' && letter.what === 'delivery')
      return [{ letter, batch: letter.id, documents: message.batch.documents, refused: [] }]
    if (message.kind !== 'archive-receipt' || message.archiveReceipt.accepted) return []
    const { batch, documents, refused } = message.archiveReceipt
    return [{ letter, batch, documents, refused }]
  })
}

/** The dead letter's message with what the operator changed; replayed, it sends the batch again. */
export function repairedMessage({ message }: DeadLetterView, { corrections, without }: BatchChange): Message {
  if (message.kind === 'archive-receipt')
    return {
      ...message,
      archiveReceipt: { ...message.archiveReceipt, resend: { corrections: { ...corrections }, without: [...without] } },
    }
  if (message.kind !== 'archive-batch') throw new Error(`${message.kind}: 不是归档批次 / not an archive batch`)
  const all: Record<string, Record<string, string>> = { ...message.batch.corrections }
  for (const [document, paths] of Object.entries(corrections)) all[document] = { ...all[document], ...paths }
  return {
    ...message,
    batch: {
      ...message.batch,
      documents: message.batch.documents.filter((id) => !without.includes(id)),
      corrections: all,
    },
  }
}

const correctionsFile = z.record(z.string(), z.record(z.string(), z.string()))
function correctionsOf(path: string): Record<string, Record<string, string>> {
  const checked = correctionsFile.safeParse(readJsonFile('--corrections', path))
  if (checked.success) return checked.data
  throw misused(
    `--corrections ${path} ${checked.error.issues[0]?.path.join('.') ?? ''}`.trim(),
    '须为 {收文号: {字段: 值}}',
    'must be {document id: {field: value}}',
  )
}

/** All dead letters, page by page: a refused batch may lie behind a thousand others. */
async function allLetters(ask: CliTools['ask']): Promise<DeadLetterView[]> {
  const all: DeadLetterView[] = []
  for (;;) {
    const last = all.at(-1)
    const page = await ask<DeadLetterView[]>('GET', `/dead-letters${query({ max: String(MOST), after: last?.id })}`)
    all.push(...page)
    if (page.length < MOST) return all
  }
}

export function archiveCommands(program: Command, { ask, print }: CliTools): void {
  const archive = program.command('archive').description('归档批次 / batches for the archive bureau')
  archive
    .command('refused')
    .description('被退回、待更正的批次 / batches that wait to be corrected')
    .action(async () => {
      const found = refusedBatches(await allLetters(ask))
      print(found, () => (found.length === 0 ? ['没有待更正的批次 / none'] : found.flatMap(refusedLines)))
    })
  archive
    .command('correct')
    .argument('<batch>', '批次号 / the batch')
    .description(
      '更正后重新移交，用新批次号，件号不变 / correct a batch and send it again, under a new id, with the same numbers',
    )
    .option(
      '--document <which>',
      '哪一件：发文字号、档号或收文号；只退回一件时可省 / by number, archive number or id; not needed if one was refused',
    )
    .option('--set <field=value...>', '著录更正，如 document.title=… / corrections of its catalogue entry')
    .option('--corrections <file>', '多件的更正，JSON：{收文号: {字段: 值}} / of several documents, JSON')
    .option('--without <which...>', '剔除这些件 / leave these documents out')
    .option('--unchanged', '原样重送 / send it again as it is')
    .action(
      async (
        batch: string,
        options: { document?: string; set?: string[]; corrections?: string; without?: string[]; unchanged?: boolean },
      ) => {
        const [found] = refusedBatches(await allLetters(ask))
          .filter((one) => one.batch === batch || one.letter.id === batch)
          // The first receipt stands: a second that contradicts it is meant by its own id only.
          .sort((one, other) => Number(isContradiction(one)) - Number(isContradiction(other)))
        if (found === undefined) throw new YizhanError('ARCHIVE_BATCH_UNKNOWN', { value: batch })
        const corrections = options.corrections === undefined ? {} : correctionsOf(options.corrections)
        if (options.set !== undefined) {
          const document = await documentOf(found, options.document, ask)
          corrections[document] = { ...corrections[document], ...Object.fromEntries(options.set.map(fieldAndValue)) }
        }
        const without = await Promise.all((options.without ?? []).map((which) => documentOf(found, which, ask)))
        if (Object.keys(corrections).length === 0 && without.length === 0 && options.unchanged !== true)
          throw misused(
            'archive correct',
            '请给出 --set、--corrections、--without 或 --unchanged',
            'say what to correct',
          )
        const { id } = found.letter
        // the list is masked
        const whole = await ask<DeadLetterView>('GET', `/dead-letters/show${query({ id, ...reading(true) })}`)
        await ask('POST', '/dead-letters/replay', {
          id,
          actor: actor(),
          message: repairedMessage(whole, { corrections, without }),
        })
        print({ id, batch, corrected: true }, () => [`已更正，重新移交 / corrected and sent again: ${batch}`])
      },
    )
}

function isContradiction({ letter }: RefusedBatch): boolean {
  return letter.error.code === 'ARCHIVE_CONTRADICTION'
}

function refusedLines(found: RefusedBatch): string[] {
  const { batch, documents, refused, letter } = found
  const isAside = letter.message.kind === 'archive-receipt' && letter.message.archiveReceipt.setAside === true
  return [
    `${batch}  共 ${documents.length} 件 documents${isAside ? '  我方另列，未移交 set aside by us, not sent' : ''}`,
    ...(isContradiction(found) ? [`  ${letter.id}  ${letter.error.message}`] : []),
    ...(refused.length === 0
      ? [`  ${letter.error.message}`]
      : table(
          ['', '件 no.', '档号 archive number', '收文号 id', '原因 why'],
          refused.map(({ sequence, archiveNumber = '', document = '', reason }) => [
            '',
            sequence,
            archiveNumber,
            document,
            reason,
          ]),
        )),
  ]
}

/** By archive number, id or 发文字号; without any, the only one that was refused. */
async function documentOf(
  { batch, refused, documents }: RefusedBatch,
  which: string | undefined,
  ask: CliTools['ask'],
): Promise<string> {
  const unknown = (value: string): YizhanError => new YizhanError('ARCHIVE_DOCUMENT_UNKNOWN', { field: batch, value })
  const named =
    which === undefined
      ? refused
      : refused.filter(({ archiveNumber, document }) => which === archiveNumber || which === document)
  const [only] = named
  if (named.length === 1 && only?.document !== undefined) return only.document
  if (which === undefined) {
    const [single, ...more] = documents
    if (single !== undefined && more.length === 0) return single
    throw unknown('不只一件，请用 --document 指明 / there are several')
  }
  if (documents.includes(which)) return which
  const found = await ask<WhereView[]>('GET', `/where${query({ q: which, ...reading(undefined) })}`)
  const id = found.map(({ message }) => subjectId(message)).find((candidate) => documents.includes(candidate))
  if (id === undefined) throw unknown(which)
  return id
}

function fieldAndValue(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw misused(`--set ${text}`, '须为 字段=值', 'must be field=value')
  return [text.slice(0, at), text.slice(at + 1)]
}

function misused(field: string, rule: string, detail: string): YizhanError {
  return new YizhanError('COMMAND_INVALID', { field, rule, detail })
}
