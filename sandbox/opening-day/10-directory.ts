import { setTimeout as delay } from 'node:timers/promises'
import { inParallel, type Stage } from './stage.ts'
import { shanghaiDay } from '../../core/util/shanghai.ts'

const NEW_NAME = '市发展和改革促进局'
/** How often and how long the station is asked whether it knows of a change, in milliseconds. */
const ASK = { every: 200, most: 60_000 }

/**
 * ⑩ During the day a unit is renamed in the directory, and the directory is away for a while: documents go on arriving,
 * under the new name too.
 */
export async function directoryDay(stage: Stage): Promise<void> {
  const { systems, office, mill, random } = stage
  const [unit = ''] = random.sample(
    1,
    stage.speaking('epoint').filter((id) => stage.city.unit(id).groups.includes('department')),
  )
  const was = stage.name(unit)
  const before = await directoryRevision(stage)
  await systems.change(`${was} 改名为 is now ${NEW_NAME}`, (directory) => directory.rename(unit, NEW_NAME))
  await known(stage, before, '改名 the new name')
  stage.say(`⑩ 目录：${was} 改名为 is renamed ${NEW_NAME}，目录停机 the directory is away`)
  await systems.switch('directory', 'off')
  const papers = [mill.notice(office, NEW_NAME), mill.notice(office, was)]
  await inParallel(papers, 2, async (paper) => {
    await stage.issue(office, paper, { address: { units: [unit] } })
    await stage.sign(unit, await stage.arrival(unit, paper))
  })
  await systems.switch('directory', 'on')
  stage.say('⑩ 新旧名称都送到，目录恢复 both names arrive; the directory is back')
}

/**
 * At the end of the day, when nothing else is on its way to it, a unit merges into another, from today on: what is
 * addressed to it goes there.
 */
export async function merger(stage: Stage): Promise<void> {
  const { systems, office, mill, random } = stage
  const [unit = '', into = ''] = random.sample(
    2,
    stage.speaking('yizhan').filter((id) => stage.city.unit(id).groups.includes('department')),
  )
  const before = await directoryRevision(stage)
  await systems.merge(unit, into, shanghaiDay(Date.now()))
  await known(stage, before, '合并 the merger')
  const both = mill.notice(office, `${stage.name(unit)}，${stage.name(into)}`)
  const gone = mill.notice(office, stage.name(unit))
  for (const paper of [both, gone]) await stage.issue(office, paper, { address: { units: [into] } })
  await Promise.all([both, gone].map((paper) => stage.arrival(into, paper)))
  stage.say(`⑩ ${stage.name(unit)} 并入 has merged into ${stage.name(into)}，其公文由后者收 which gets its documents`)
}

/** The directory in force, as the station tells it; a station that is just dead is asked again. */
async function directoryRevision(stage: Stage): Promise<string> {
  const end = Date.now() + ASK.most
  for (;;) {
    try {
      const health = (await (await stage.ask('/admin/health')).json()) as { readonly directory: string }
      return health.directory
    } catch (error) {
      if (Date.now() > end) throw error
      await delay(ASK.every)
    }
  }
}

async function known(stage: Stage, before: string, what: string): Promise<void> {
  const end = Date.now() + ASK.most
  while ((await directoryRevision(stage)) === before) {
    if (Date.now() > end) throw new Error(`⑩ 站点未得知 the station has not heard of it: ${what}`)
    await delay(ASK.every)
  }
}
