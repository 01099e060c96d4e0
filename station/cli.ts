#!/usr/bin/env node
import { CommanderError } from 'commander'
import { YizhanError } from '../core/errors/error.ts'
import { createProgram } from './cli/program.ts'
import { shownText, CommandRefusal, shownOf } from './cli/refusal.ts'
import { visible } from './cli/text.ts'
import { EXIT } from './cli/tools.ts'
import { usageError } from './cli/usage.ts'

/** `yizhan`: the operators' command line as a process. */

// Whoever reads us may have seen enough (`| head -1`); what was asked for is done all the same.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') process.exitCode = EXIT.failed
  })

const args = process.argv.slice(2)
const json = args.includes('--json')
try {
  await createProgram({ json }).parseAsync(args, { from: 'user' })
} catch (thrown) {
  // help was asked for, and given
  if (!(thrown instanceof CommanderError) || thrown.exitCode !== 0) fail(thrown)
}

function fail(thrown: unknown): void {
  const error = shownOf(thrown instanceof CommanderError ? usageError(thrown, args) : thrown)
  process.stderr.write(`${json ? JSON.stringify({ error }) : visible(shownText(error))}\n`)
  const isNo = thrown instanceof CommandRefusal ? thrown.isNo : thrown instanceof YizhanError && thrown.status === 404
  process.exitCode = isNo ? EXIT.no : EXIT.failed
}
