import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { projectHome } from '../../../core/config/home.ts'
import type { RabbitMq } from '../../lib/servers/rabbitmq.ts'
import { until } from '../../lib/wait.ts'
import { Rig } from '../lib/rig.ts'
import { SmallDisk } from '../lib/small-disk.ts'
import { accountOf, AT_ONCE, type Account } from './counting.ts'
import { countedIn, Helper } from './helper.ts'
import { COUNTED, inflict, type Scene } from './inflict.ts'
import type { PlannedFault } from './plan.ts'
import { linesOf, type ClientLine, type ReceiverLine } from './records.ts'

export interface RunOptions {
  readonly seed: number
  readonly plan: readonly PlannedFault[]
  /** absent: the embedded bus */
  readonly broker?: RabbitMq
  readonly say: (line: string) => void
}

/** What one fault did. */
export interface Recovery {
  readonly fault: string
  readonly kills: number
  /** from when it was over, or the process dead, until a document that was acknowledged afterwards had come */
  readonly seconds: number
}

export interface RunResult {
  readonly seed: number
  readonly recoveries: readonly Recovery[]
  readonly account: Account
  /** of the first that are lost: what the station says became of them, event codes and times */
  readonly stories: Readonly<Record<string, unknown>>
}

const DISK_BYTES = 256 * 1024 * 1024
const FREE_BYTES = 8 * 1024 * 1024
const UNDER_WAY_MS = 60_000
const MOST_STORIES = 3
/** What is not there so long after the last fault is lost. */
const REST_MS = 60_000

/** Everything of one seed: a city of its own, its faults one after the other, and the account at the end. */
export async function runSeed(options: RunOptions): Promise<RunResult> {
  const records = await mkdtemp(join(tmpdir(), 'yizhan-faults-'))
  const closing: (() => Promise<unknown>)[] = [() => rm(records, { recursive: true, force: true })]
  try {
    const receiver = new Helper('receiver', records)
    closing.push(() => receiver.kill())
    const url = `http://127.0.0.1:${await receiver.said()}/inbox`
    const clockFile = join(records, 'clock')
    await writeFile(clockFile, '0')
    const rig = await Rig.open(options.broker?.url ?? 'embedded', extrasFor(options.seed, url, clockFile))
    closing.push(() => rig.close())
    const disk = options.plan.some(({ fault }) => fault.kind === 'disk') ? await diskUnder(rig) : undefined
    if (disk !== undefined) closing.push(() => rig.station.kill().then(() => disk.close()))
    await rig.station.start()
    const client = new Helper('client', records, rig.http, rig.password, String(options.seed))
    closing.push(() => client.kill())
    const scene = { rig, client, receiver, broker: options.broker, disk, clockFile }
    const recoveries: Recovery[] = []
    for (const planned of options.plan) recoveries.push(await suffer(scene, planned, records, options))
    await client.end()
    await settled(records)
    const account = await countedIn<Account>(records)
    return { seed: options.seed, recoveries, account, stories: await storiesOf(rig, account.lost) }
  } finally {
    for (const close of closing.toReversed()) await close()
  }
}

function extrasFor(seed: number, url: string, clockFile: string): Parameters<typeof Rig.open>[1] {
  const pace = { concurrency: AT_ONCE, timeoutMs: 1_000, backoffMs: 100, maxBackoffMs: 500, breakerMs: 300 }
  return {
    systems: [{ id: COUNTED, name: '计数', adapter: 'oa', profile: 'yizhan', roles: ['we-call'], url, pace }],
    secrets: { [`${COUNTED}.password`]: 'unused' },
    units: [`shouwen\t收文单位\t\tdepartment\t\t${COUNTED}`],
    environment: {},
    busPrefix: `yizhan-${seed}.`,
    stationYaml: `limits: { freeDiskBytes: ${FREE_BYTES} }\n`,
    stationEnvironment: {
      NODE_OPTIONS: `--import ${join(projectHome(), 'test/unit/station/lib/movable-time.ts')}`,
      YIZHAN_TEST_CLOCK: clockFile,
    },
  }
}

async function diskUnder(rig: Rig): Promise<SmallDisk> {
  const data = join(rig.folder, 'data')
  await mkdir(data)
  return new SmallDisk(DISK_BYTES, data)
}

async function suffer(
  scene: Scene,
  planned: PlannedFault,
  records: string,
  { seed, say }: RunOptions,
): Promise<Recovery> {
  const { name } = planned.fault
  const acknowledged = (): number =>
    linesOf<ClientLine>(records, 'client').filter(({ what }) => what === 'acknowledged').length
  const wanted = acknowledged() + planned.after
  await until(() => acknowledged() >= wanted, { what: `documents before ${name}`, timeoutMs: UNDER_WAY_MS })
  try {
    const { kills, from } = await inflict(scene, planned)
    const next = await until(() => wholeWayAfter(from, records), {
      what: `a document's whole way after ${name}`,
      timeoutMs: UNDER_WAY_MS,
    })
    const seconds = (next.at - from) / 1_000
    say(`seed ${seed}  ${name.padEnd(26)} ${seconds.toFixed(2)} s`)
    return { fault: name, kills, seconds }
  } catch (error) {
    throw new Error(`seed ${seed}, ${name}`, { cause: error })
  }
}

async function storiesOf(rig: Rig, lost: readonly string[]): Promise<Record<string, unknown>> {
  const stories: Record<string, unknown> = {}
  for (const key of lost.slice(0, MOST_STORIES)) {
    const query = new URLSearchParams({ q: key.split(' ')[1] ?? '', actor: 'faults' })
    stories[key] = await rig.admin(`where?${query.toString()}`)
  }
  return stories
}

/** The first document that was acknowledged and came, both after an instant. */
function wholeWayAfter(from: number, records: string): ReceiverLine | undefined {
  const after = new Set(
    linesOf<ClientLine>(records, 'client').flatMap(({ what, at, id }) =>
      what === 'acknowledged' && at > from ? [id] : [],
    ),
  )
  return linesOf<ReceiverLine>(records, 'receiver').find(
    (line) => line.what === 'taken' && line.at > from && after.has(line.id),
  )
}

/** Waits until nothing that was acknowledged is missing, or for so long that it is lost. */
async function settled(records: string): Promise<void> {
  const whole = (): boolean =>
    accountOf(linesOf<ClientLine>(records, 'client'), linesOf<ReceiverLine>(records, 'receiver')).lost.length === 0
  await until(whole, { what: 'all deliveries', timeoutMs: REST_MS, everyMs: 250 }).catch(
    // The account says what is missing.
    () => undefined,
  )
  // Whatever comes twice comes now.
  await sleep(1_000)
}
