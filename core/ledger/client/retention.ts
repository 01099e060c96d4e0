import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { parseMessage } from '../../message/json.ts'
import type { Clock } from '../../util/clock.ts'
import type { Commands } from '../rules/index.ts'
import type { StoryBatch, Pruning } from '../port-retention.ts'
import type { Questions } from '../queries/index.ts'
import type { ThreadCaller } from '../thread.ts'

/** @param contentFolder of the volumes */
export function createRetention(
  writer: ThreadCaller<Commands>,
  reader: ThreadCaller<Questions>,
  contentFolder: string,
  clock: Clock,
): Pruning {
  return {
    survey: (request) => reader.call('retentionSurvey', request),
    record: async (request) => {
      const { messages, ...rows } = await reader.call('retentionRecord', request)
      return { ...rows, messages: messages.map(parseMessage) }
    },
    intend: (request) => writer.call('intend', request),
    intended: async () => {
      const { batch } = await reader.call('retentionFacts', clock.now())
      return batch === undefined ? undefined : (JSON.parse(batch) as StoryBatch)
    },
    begin: (request) => writer.call('beginPruning', request),
    step: (request) => writer.call('pruneStep', request),
    indexBodies: (request) => writer.call('indexBodies', request),
    reapBodies: (request) => writer.call('reapBodies', request),
    pruneKeys: (request) => writer.call('pruneKeys', request),
    pruneLinks: (request) => writer.call('pruneLinks', request),
    giveBack: (request) => writer.call('giveBack', request),
    poorVolumes: async (below) => {
      const settled = new Set(await writer.call('settledVolumes', undefined))
      const poor = (await volumesIn(contentFolder, reader)).filter(
        ({ volume, bytes, live }) => settled.has(volume) && live > 0 && live < below * bytes,
      )
      return poor.map(({ volume }) => volume)
    },
    emptyVolume: (request) => writer.call('emptyVolume', request),
    emptyVolumes: () => writer.call('emptyVolumes', undefined),
    dropVolumes: (volumes) => writer.call('dropVolumes', volumes),
    state: async () => {
      const { batch: _, freeBytes, ledgerBytes, ...facts } = await reader.call('retentionFacts', clock.now())
      const volumes = await volumesIn(contentFolder, reader)
      const sum = (of: 'bytes' | 'live'): number => volumes.reduce((all, volume) => all + volume[of], 0)
      const [volumeBytes, liveBytes] = [sum('bytes'), sum('live')]
      return { ...facts, storage: { ledgerBytes, freeBytes, volumes: volumes.length, volumeBytes, liveBytes } }
    },
  }
}

interface Volume {
  readonly volume: number
  /** of the file */
  readonly bytes: number
  readonly live: number
}

/** One question each: a volume has some ten thousand bodies at most. */
async function volumesIn(folder: string, reader: ThreadCaller<Questions>): Promise<readonly Volume[]> {
  const volumes: Volume[] = []
  for (const name of await readdir(folder)) {
    if (!/^\d{6}\.vol$/u.test(name)) continue
    const volume = Number(name.slice(0, 6))
    volumes.push({
      volume,
      bytes: (await stat(join(folder, name))).size,
      live: await reader.call('volumeLive', volume),
    })
  }
  return volumes
}
