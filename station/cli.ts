import { userInfo } from 'node:os'
import { Command } from 'commander'
import { openSecrets } from '../core/config/secrets.ts'
import { asError, YizhanError } from '../core/errors/error.ts'
import { archiveCommands } from './cli-archive.ts'
import { clockCommands } from './cli-clock.ts'
import { heldCommands } from './cli-held.ts'
import { deadLetterLines, timelineLines, type DeadLetterView, type WhereView } from './cli-text.ts'
import { readJsonFile } from './json-file.ts'
import { trimEndOf } from '../core/util/trim.ts'

/** The operators' command line: talks to the running station over its `/admin` interface. */

const program = new Command('yizhan')
  .description('驿站操作命令 / operators’ commands')
  .option('--station <url>', '站点地址 / the station', process.env['YIZHAN_STATION'] ?? 'http://127.0.0.1:8630')
  .option('--secrets <file>', '密钥文件 / secrets file', process.env['YIZHAN_SECRETS_FILE'])
  .option('--json', '输出 JSON / print JSON')

interface Globals {
  readonly station: string
  readonly secrets?: string
  readonly json?: boolean
}

type Texts = { readonly zh: string; readonly en: string }
type Answer<T> = T & { readonly error?: Texts & { readonly code: string; readonly remedy?: Texts } }

/** What the station says is wrong, and the way out. */
class Refusal extends Error {
  constructor({ code, zh, en, remedy }: NonNullable<Answer<object>['error']>) {
    super(`${code} ${zh} / ${en}${remedy === undefined ? '' : `\n→ ${remedy.zh} / ${remedy.en}`}`)
  }
}

async function ask<T>(method: 'GET' | 'POST', path: string, body?: object): Promise<T> {
  const { station, secrets } = program.opts<Globals>()
  if (!URL.canParse(station))
    throw new YizhanError('FIELD_INVALID', { field: '--station', value: station, rule: 'http://…:8630' })
  const token = openSecrets({ file: secrets }).get('admin.token')
  const { status, text } = await send(`${trimEndOf(station, '/')}/admin${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const answer = answerOf<T>(text)
  if (answer === undefined)
    throw new YizhanError('SYSTEM_FAULT', {
      field: station,
      detail: `HTTP ${status}，不是驿站的应答；地址见 --station / not an answer of Yizhan, see --station`,
    })
  if (answer.error !== undefined) throw new Refusal(answer.error)
  return answer
}

async function send(url: string, request: RequestInit): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const response = await fetch(url, request)
    return { status: response.status, text: await response.text() }
  } catch (error) {
    // Node says only “fetch failed”; why stands in the cause.
    const { message, code } = asError(asError(error).cause ?? error) as NodeJS.ErrnoException
    throw new YizhanError('SYSTEM_UNREACHABLE', {
      field: new URL(url).origin,
      detail: `${message || (code ?? '')}（地址见 --station，站点须已启动 / see --station; is the station running?）`,
    })
  }
}

function answerOf<T>(text: string): Answer<T> | undefined {
  try {
    return JSON.parse(text) as Answer<T>
  } catch {
    return undefined
  }
}

function print(value: unknown, text: () => readonly string[]): void {
  process.stdout.write(
    (program.opts<Globals>().json === true ? JSON.stringify(value, undefined, 2) : text().join('\n')) + '\n',
  )
}

const query = (values: Readonly<Record<string, string | undefined>>): string => {
  const given = Object.entries(values).filter((entry): entry is [string, string] => entry[1] !== undefined)
  return given.length === 0 ? '' : `?${new URLSearchParams(given).toString()}`
}

function listOf(text: string): string[] {
  const units = text
    .split(/[、，,;；]/u)
    .map((unit) => unit.trim())
    .filter((unit) => unit !== '')
  return units.length === 1 && ['无', 'none'].includes(units[0] ?? '') ? [] : units
}

program
  .command('where <text>')
  .description('公文在哪里：按发文字号、收文号或对方标识 / where a document is')
  .action(async (text: string) => {
    const found = await ask<WhereView[]>('GET', `/where${query({ q: text })}`)
    print(found, () => (found.length === 0 ? [`没有找到 / not found: ${text}`] : found.flatMap(timelineLines)))
  })

program
  .command('health')
  .description(
    '站点状况：是否就绪、在等什么，总线、流程、投递、内容库、时钟 / whether the station is ready, and for what it waits',
  )
  .action(async () => {
    const health = await ask<{ readonly ready: boolean; readonly waitingFor: readonly string[] }>('GET', '/health')
    print(health, () => [
      health.ready ? '就绪 / ready' : `未就绪 / not ready: ${health.waitingFor.join('；')}`,
      JSON.stringify(health, undefined, 2),
    ])
  })

program
  .command('backlog')
  .description('积压 / open rows by subscription and system')
  .action(async () => {
    const backlog = await ask<object>('GET', '/backlog')
    print(backlog, () => [JSON.stringify(backlog, undefined, 2)])
  })

const dead = program.command('dead-letters').description('死信 / dead letters')
dead
  .command('list')
  .option('--system <id>')
  .option('--subscription <name>')
  .option('--max <n>', '最多列出几条 / at most so many', '100')
  .action(async (options: { system?: string; subscription?: string; max: string }) => {
    const letters = await ask<DeadLetterView[]>(
      'GET',
      `/dead-letters${query({ system: options.system, subscription: options.subscription, max: options.max })}`,
    )
    print(letters, () =>
      letters.length === 0
        ? ['没有死信 / no dead letters']
        : [
            ...letters.flatMap(deadLetterLines),
            ...(letters.length < Number(options.max)
              ? []
              : [
                  `只列出 ${letters.length} 条，可能还有：用 --max、--system 或 --subscription / there may be more: --max, --system or --subscription`,
                ]),
          ],
    )
  })
dead.command('show <id>').action(async (id: string) => {
  const letter = await ask<DeadLetterView>('GET', `/dead-letters/show${query({ id })}`)
  print(letter, () => [...deadLetterLines(letter), JSON.stringify(letter.message, undefined, 2)])
})
dead
  .command('replay <ids...>')
  .description('重放 / try again; --message FILE 用修正后的消息 / with a repaired message')
  .option('--message <file>')
  .action(async (ids: string[], options: { message?: string }) => {
    const message = options.message === undefined ? undefined : (readJsonFile('--message', options.message) as object)
    for (const id of ids) {
      await ask('POST', '/dead-letters/replay', {
        id,
        actor: userInfo().username,
        ...(message === undefined ? {} : { message }),
      })
      print({ id, replayed: true }, () => [`已重放 / replayed: ${id}`])
    }
  })
dead
  .command('drop <ids...>')
  .requiredOption('--reason <text>', '原因 / why')
  .action(async (ids: string[], options: { reason: string }) => {
    for (const id of ids) {
      await ask('POST', '/dead-letters/drop', { id, actor: userInfo().username, reason: options.reason })
      print({ id, dropped: true }, () => [`已丢弃 / dropped: ${id}`])
    }
  })

program
  .command('subscriptions')
  .description('订阅 / subscriptions of the flows')
  .command('drop <name>')
  .description('撤销无流程处理的订阅，此后不再收文 / it gets nothing more; for one that no flow serves')
  .action(async (name: string) => {
    await ask('POST', '/subscriptions/drop', { name, actor: userInfo().username })
    print({ name, dropped: true }, () => [`已撤销 / dropped: ${name}`])
  })

program
  .command('petition')
  .description('信访件 / petitions that report on somebody')
  .command('decide <id>')
  .description('核定后转送：信访机构的 OA 不能答复时用 / release it for the petition office')
  .option('--accused <units>', '被反映单位，以顿号或逗号分隔；没有的写“无” / who never gets it, or none', listOf)
  .option('--to <units>', '责任单位；不写则按决策表 / who handles it; absent: by the decision table', listOf, [])
  .option('--note <text>', '给责任单位的说明 / what the units are told')
  .option('--by <name>', '核定人 / who decided', userInfo().username)
  .action(async (id: string, options: { accused?: string[]; to: string[]; note?: string; by: string }) => {
    const { accused, to, note, by } = options
    if (accused === undefined)
      throw new YizhanError('FIELD_INVALID', {
        field: '--accused',
        value: '',
        rule: '必填；没有被反映单位的写“无” / required; “none” for nobody',
      })
    const done = await ask<{ id: string; repeated: boolean }>('POST', '/petitions/decide', {
      petition: id,
      by,
      accused,
      to,
      ...(note === undefined ? {} : { note }),
    })
    print(done, () => [`已核定，按流程转送 / decided and on its way: ${id}`])
  })

program
  .command('audit')
  .description('核验审计链 / verify the audit chain')
  .action(async () => {
    const result = await ask<{ ok: boolean; links: number; brokenAt?: number; reason?: string }>(
      'POST',
      '/audit/verify',
    )
    print(result, () => [
      result.ok
        ? `审计链完整，共 ${result.links} 环 / the chain holds, ${result.links} links`
        : `审计链在第 ${result.brokenAt} 环断裂：${result.reason} / broken at link ${result.brokenAt}`,
    ])
    if (!result.ok) process.exitCode = 1
  })

clockCommands(program, { ask, print })
archiveCommands(program, { ask, print })
heldCommands(program, { ask, print })

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 2
}
