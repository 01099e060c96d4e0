import { writeFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { processesOf } from '../../lib/processes.ts'
import type { RabbitMq } from '../../lib/servers/rabbitmq.ts'
import { until } from '../../lib/wait.ts'
import type { Rig } from '../lib/rig.ts'
import type { SmallDisk } from '../lib/small-disk.ts'
import type { Helper } from './helper.ts'
import type { Fault, PlannedFault } from './plan.ts'

/** What a run has that can be hurt. */
export interface Scene {
  readonly rig: Rig
  readonly client: Helper
  readonly receiver: Helper
  readonly broker: RabbitMq | undefined
  readonly disk: SmallDisk | undefined
  /** the station's wall clock is off by the milliseconds in it */
  readonly clockFile: string
}

export interface Inflicted {
  /** SIGKILLs of processes of ours */
  readonly kills: number
  /** Date.now() from which on a document's whole way shows that it has recovered */
  readonly from: number
}

const SHORTEST_MS = 500
const LONGEST_MS = 4_000
/** A broker with its disk wiped is declared anew; a process that is to come back may take its time. */
const BACK_MS = 60_000
const BACKLOG = 40
/** The system that the receiver is; the station's own timers are deliveries too, and stay open. */
export const COUNTED = 'counted'
/** What is accepted by a clock that is ahead waits, once that is right, until it is there again: within the rest. */
const MOST_CLOCK_MS = 20_000

/** Does it, and undoes what lasts; resolves when everything runs again. */
export async function inflict(scene: Scene, { fault, chance }: PlannedFault): Promise<Inflicted> {
  const lasts = SHORTEST_MS + chance * (LONGEST_MS - SHORTEST_MS)
  switch (fault.kind) {
    case 'failpoint':
      return dieAt(scene, fault)
    case 'kill':
      return fault.victim === 'backlog' ? killWithBacklog(scene) : killAny(scene, fault.victim)
    case 'freeze':
      return freeze(await pidOf(scene.rig, fault.victim), lasts)
    case 'broker':
      return hurtBroker(scene, fault.how, lasts)
    case 'disk':
      return fillDisk(scene, lasts)
    case 'clock':
      return moveClock(scene, fault.how, Math.round((chance * 2 - 1) * MOST_CLOCK_MS), lasts)
  }
}

async function dieAt({ rig }: Scene, { at, victim }: Extract<Fault, { kind: 'failpoint' }>): Promise<Inflicted> {
  const flows = victim === 'flows' ? await rig.station.flowsPid() : undefined
  await rig.arm(at)
  await rig.reached(at)
  const from = Date.now()
  if (victim === 'station') await restart(rig)
  else await anotherThan(rig, flows)
  return { kills: 1, from }
}

async function killAny({ rig }: Scene, victim: 'station' | 'flows' | 'both'): Promise<Inflicted> {
  const flows = await pidOf(rig, 'flows')
  const from = Date.now()
  if (victim !== 'station') process.kill(flows, 'SIGKILL')
  if (victim === 'flows') await anotherThan(rig, flows)
  else {
    await rig.station.kill()
    await rig.station.start()
  }
  return { kills: victim === 'both' ? 2 : 1, from }
}

/** What leaves a backlog first after a restart shows whether urgency was kept. */
async function killWithBacklog({ rig, client, receiver }: Scene): Promise<Inflicted> {
  client.tell('pause')
  await client.said()
  receiver.tell('close')
  client.tell(`burst ${BACKLOG}`)
  await client.said()
  await rig.station.kill()
  await rig.station.start()
  await until(async () => Object.values((await backlogOf(rig)).hops).every((open) => open === 0), {
    what: 'all hops done',
    timeoutMs: BACK_MS,
  })
  receiver.tell('open')
  const from = Date.now()
  await until(async () => ((await backlogOf(rig)).deliveries[COUNTED] ?? 0) === 0, {
    what: 'the backlog delivered',
    timeoutMs: BACK_MS,
  })
  client.tell('resume')
  return { kills: 1, from }
}

const backlogOf = (
  rig: Rig,
): Promise<{
  readonly hops: Readonly<Record<string, number>>
  readonly deliveries: Readonly<Record<string, number>>
}> => rig.admin('backlog')

async function freeze(pid: number, ms: number): Promise<Inflicted> {
  process.kill(pid, 'SIGSTOP')
  await sleep(ms)
  process.kill(pid, 'SIGCONT')
  return { kills: 0, from: Date.now() }
}

async function hurtBroker({ broker }: Scene, how: 'kill' | 'freeze' | 'wipe', ms: number): Promise<Inflicted> {
  if (broker === undefined) throw new Error('no broker to hurt')
  if (how === 'freeze') {
    const pids = await processesOf(broker.folder)
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await sleep(ms)
    for (const pid of pids) process.kill(pid, 'SIGCONT')
  } else {
    await broker.kill()
    if (how === 'wipe') await broker.wipe()
    await broker.start()
  }
  return { kills: 0, from: Date.now() }
}

async function fillDisk({ disk, rig }: Scene, ms: number): Promise<Inflicted> {
  if (disk === undefined) throw new Error('no disk to fill')
  disk.fillTo(0)
  await sleep(ms)
  disk.empty()
  const from = Date.now()
  // A ledger that could not write may have ended its station: whoever started it starts it again.
  if (!rig.station.running) await rig.station.start()
  await until(async () => (await fetch(`${rig.http}/readyz`)).ok, { what: 'ready again', timeoutMs: BACK_MS })
  return { kills: 0, from }
}

/** Off by so much for a while, then right: two jumps, of which one goes back. */
async function moveClock(
  { rig, clockFile }: Scene,
  how: 'jump' | 'restart',
  by: number,
  ms: number,
): Promise<Inflicted> {
  await writeFile(clockFile, String(by))
  if (how === 'restart') {
    await rig.station.kill()
    await rig.station.start()
  }
  await sleep(ms)
  await writeFile(clockFile, '0')
  return { kills: how === 'restart' ? 1 : 0, from: Date.now() }
}

async function restart(rig: Rig): Promise<void> {
  await until(() => !rig.station.running, { what: 'the station dead', timeoutMs: 10_000 })
  await rig.station.start()
}

async function pidOf(rig: Rig, victim: 'station' | 'flows'): Promise<number> {
  const pid = await until(() => (victim === 'station' ? rig.station.pid : rig.station.flowsPid()), {
    what: `the ${victim} process`,
    timeoutMs: BACK_MS,
  })
  return pid
}

/** The station replaces a flow process that has ended. */
async function anotherThan(rig: Rig, gone: number | undefined): Promise<void> {
  await until(
    async () => {
      const pid = await rig.station.flowsPid()
      return pid !== undefined && pid !== gone && (await fetch(`${rig.http}/readyz`)).ok
    },
    { what: 'another flow process', timeoutMs: BACK_MS },
  )
}
