import { until } from '../clerk/until.ts'
import type { City } from '../oa/city.ts'
import type { CitySystems } from '../systems/systems.ts'
import { issue } from './01-issue.ts'
import { reports } from './02-reports.ts'
import { returnAndWithdraw } from './03-return-and-withdraw.ts'
import { countyDownAndSlow } from './04-county-down-and-slow.ts'
import { badInput } from './05-bad-input.ts'
import { meeting } from './06-meeting.ts'
import { petitions } from './07-petitions.ts'
import { publication } from './08-publication.ts'
import { archiveRefused, archived } from './09-archive.ts'
import { directoryDay, merger } from './10-directory.ts'
import { NumberBook } from './papers.ts'
import type { Progress } from './progress.ts'
import { Random } from './random.ts'
import { Stage } from './stage.ts'

/**
 * How often the OAs look for new items while the day is played; how long nothing may come before it is over, which is
 * more than the longest pause between two tries of the station; and how long that is waited for. In milliseconds.
 */
const RHYTHM = { look: 1_000, quiet: 2_500, quietBound: 60_000 }

export interface DayOptions {
  readonly city: City
  readonly systems: CitySystems
  readonly seed: number
  readonly bus: string
  readonly progress: Progress
  readonly station: () => string
  /** asks the station as its operator */
  readonly ask: (path: string) => Promise<Response>
  /** how long the station has been up by now, milliseconds */
  readonly upMs: () => number
  /** the secrets' file, for the operators' command line */
  readonly secrets: string
  /** units.tsv */
  readonly units: string
  /** the station's data, in which nothing of a refused document may lie */
  readonly data: string
  /** done when everything has been played, before the last look around */
  readonly atTheEnd?: (() => Promise<void>) | undefined
}

/**
 * Plays the opening day: first the great issue, then everything else at once. Rejects with the first episode's error
 * after all have ended; the accounts are counted in any case.
 */
export async function playDay(options: DayOptions): Promise<void> {
  const { city, systems, seed, bus, progress, station, ask, upMs } = options
  const random = new Random(seed)
  const numbers = new NumberBook(random.fork('numbers'))
  const stage = (episode: string): Stage =>
    new Stage({ city, systems, episode, random: random.fork(episode), numbers, progress, station, ask, upMs })
  const archive = {
    stage: stage('09-archive'),
    secrets: options.secrets,
    inboxes: city.inboxes.folder,
    units: options.units,
  }
  await city.desk.clerk.note({ t: 'day', at: new Date().toISOString(), seed, bus })
  city.poll(RHYTHM.look)
  const refused = archiveRefused(archive)
  await issue(stage('01-issue'))
  const results = await Promise.allSettled([
    reports(stage('02-reports')),
    returnAndWithdraw(stage('03-return-and-withdraw')),
    countyDownAndSlow(stage('04-county-down-and-slow')),
    badInput(stage('05-bad-input'), options.data),
    meeting(stage('06-meeting')),
    petitions(stage('07-petitions')),
    publication(stage('08-publication')),
    directoryDay(stage('10-directory')),
    refused,
  ])
  const end = await Promise.allSettled([merger(stage('11-merger'))])
  await options.atTheEnd?.()
  end.push(...(await Promise.allSettled([archived(archive)])))
  await quiet(city)
  for (const result of [...results, ...end]) if (result.status === 'rejected') throw result.reason
}

/** Nothing arrives any more: what might come twice has had its time. */
async function quiet(city: City): Promise<void> {
  let last = Date.now()
  const note = (): void => {
    last = Date.now()
  }
  city.inboxes.on('kept', note).on('repeated', note)
  try {
    await until(() => Date.now() - last > RHYTHM.quiet, city.inboxes, 'kept', RHYTHM.quietBound, '安静 quiet')
  } finally {
    city.inboxes.off('kept', note).off('repeated', note)
  }
}
