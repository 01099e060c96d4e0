import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { CommanderError, type Command } from 'commander'
import { describe, expect, it } from 'vitest'
import { projectHome } from '../../../core/config/home.ts'
import { createProgram } from '../../../station/cli/program.ts'
import { usageError } from '../../../station/cli/usage.ts'

/** Every command that can be given, as its names and as many arguments and options as it wants. */
function commands(command: Command, names: readonly string[] = []): (readonly string[])[] {
  if (command.commands.length > 0) return command.commands.flatMap((one) => commands(one, [...names, one.name()]))
  const required = command.options
    .filter(({ mandatory }) => mandatory)
    .flatMap(({ long }) => [long ?? '', wanted(long)])
  return [[...names, ...command.registeredArguments.map((argument) => wanted(argument.name())), ...required]]
}

/** Anything will do, but where a word is looked at before the options are. */
const wanted = (name = ''): string => (name.endsWith('roles') ? '看' : 'x')

async function refusalOf(args: readonly string[]): Promise<string> {
  const thrown: unknown = await createProgram({ json: true })
    .parseAsync([...args], { from: 'user' })
    .catch((error: unknown) => error)
  expect(thrown, args.join(' ')).toBeInstanceOf(CommanderError)
  return usageError(thrown as CommanderError, args).message
}

describe('an option that is not known', () => {
  it('is refused by every command, and named, wherever it stands', async () => {
    const all = commands(createProgram())
    expect(all.length).toBeGreaterThan(20)
    for (const args of all)
      for (const given of [
        [...args, '--madeup'],
        [...args, '--madeup=1'],
        ['--madeup', ...args],
      ])
        expect(await refusalOf(given)).toMatch(/没有这个选项.*--madeup/)
  })

  it.each<[string, string]>([
    ['the station', 'station/main.ts'],
    ['the demo', 'sandbox/main.ts'],
    ['the benchmarks', 'bench/main.ts'],
  ])('is refused by %s', async (_, file) => {
    const { code, said } = await new Promise<{ readonly code: number; readonly said: string }>((resolve) => {
      const child = execFile(process.execPath, [join(projectHome(), file), '--madeup'], (_error, out, err) =>
        resolve({ code: child.exitCode ?? -1, said: out + err }),
      )
    })
    expect(code).toBeGreaterThan(0)
    expect(said).toContain('--madeup')
  })
})
