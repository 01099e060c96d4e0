import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { moduleFile } from '../core/util/module-file.ts'
import type { Destination } from './documents.ts'
import { startProcess } from './processes.ts'
import { startStation } from './station.ts'

/** Whoever takes documents of the sender and gives them to the receiver, as processes that are measured. */
export interface Rival {
  readonly destination: Destination
  /** the station's process; the whole of any other */
  readonly main: number
  /** the flow process, where there is one */
  readonly flows: number | undefined
  stop(): Promise<void>
  /** SIGKILL for all its processes at once */
  kill(): Promise<void>
}

export const RIVALS = ['station', 'station-feed', 'expert', 'limit'] as const
export type RivalName = (typeof RIVALS)[number]

/** What the tables call them. */
export const RIVAL_NAMES: Readonly<Record<RivalName, string>> = {
  station: '驿站 station',
  'station-feed': '驿站，公开事件开 station, public feed on',
  expert: '专家流程 expert',
  limit: '最简程序 limit',
}

export interface RivalPlace {
  /** a folder for each rival is made here; what one leaves there, its next start finds */
  readonly folder: string
  /** amqp:// URL */
  readonly broker: string
  readonly receiverPort: number
}

/** Starts one; resolves when it can be used. */
export async function startRival(name: RivalName, place: RivalPlace): Promise<Rival> {
  if (name === 'expert' || name === 'limit') return startProgram(name, place)
  const station = await startStation({
    folder: join(place.folder, name),
    bus: place.broker,
    receiverPort: place.receiverPort,
    flows: true,
    feed: name === 'station-feed',
    busPrefix: `${name}.`,
  })
  return {
    destination: station.destination,
    main: station.pid,
    flows: station.flowsPid,
    stop: () => station.stop(),
    kill: () => station.kill(),
  }
}

async function startProgram(name: 'expert' | 'limit', place: RivalPlace): Promise<Rival> {
  const folder = join(place.folder, name)
  await mkdir(folder, { recursive: true })
  const program = await startProcess<{ port: number }>(
    moduleFile(import.meta.url, name === 'expert' ? './rivals/expert' : './limit'),
    [folder, place.broker, `http://127.0.0.1:${place.receiverPort}/inbox`],
    join(place.folder, `${name}.log`),
  )
  return {
    destination: { port: program.ready.port, path: '/oa', account: 'bench', password: 'bench' },
    main: program.pid,
    flows: undefined,
    stop: () => program.stop(),
    kill: () => program.kill(),
  }
}
