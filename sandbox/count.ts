#!/usr/bin/env node
import { join } from 'node:path'
import { Command } from 'commander'
import { countFolder } from './counting/accounts.ts'
import { table } from './counting/table.ts'
import { projectFolder } from './files/project.ts'

/**
 * The accounts of an opening day, counted from the files alone: what the clerks attempted and were told
 * (`attempts.jsonl`) against what lies in the units' inboxes. Knows nothing of the station, its ledger or its ids.
 */
const command = new Command('count')
  .description('核对开通日账目：只看收件箱文件与提交记录 / counts an opening day from its files')
  .argument('<folder>', '收件箱目录 the inboxes folder (DIR/<system>/<unit>/<sequence>.json, DIR/attempts.jsonl)')
  .option('--units <file>', 'units.tsv', join(projectFolder(), 'config', 'sandbox', 'units.tsv'))
  .option('--json', '最后一行输出一个 JSON 对象 the last line of output is one JSON object')
  .parse()

const { units, json } = command.opts<{ units: string; json?: boolean }>()
const reckoning = countFolder(command.args[0] ?? '.', units)
process.stdout.write(`${table(reckoning)}\n`)
if (json === true) process.stdout.write(`${JSON.stringify(reckoning)}\n`)
process.exitCode = reckoning.balanced ? 0 : 1
