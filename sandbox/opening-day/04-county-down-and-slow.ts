import { mainDigest } from '../oa/paper.ts'
import { inParallel, type Stage } from './stage.ts'

/** How many ordinary documents wait for the slow OA, how many are sent to the one that is down. */
const COUNTS = { ordinary: 500, down: 8 }
/**
 * What the slow OA takes for one document, in milliseconds: while it crawls (until the urgent one is there), and
 * afterwards.
 */
const SLOW = { crawl: 1_500, after: 5 }
/**
 * A station that does not put the urgent one first would never get it there while the OA crawls: then it hurries up,
 * and the accounts show it.
 */
const CRAWL_MOST = 45_000

/**
 * ④ A county's OA is down: nobody else waits, and it gets its documents, in order, when it is back. Meanwhile five
 * hundred ordinary documents wait for another county's slow OA, and an urgent one (特急) goes before them.
 */
export async function countyDownAndSlow(stage: Stage): Promise<void> {
  const [down, slow] = stage.city.hostedUnits
  if (down === undefined || slow === undefined)
    throw new Error('systems.yaml: 需要两个由站点推送的 OA / two OAs that the station pushes to are needed')
  await Promise.all([countyDown(stage, down), slowCounty(stage, slow)])
}

async function countyDown(stage: Stage, county: string): Promise<void> {
  const { city, office, mill, random } = stage
  await city.switch(county, false)
  stage.say(`④ ${stage.name(county)} OA 停机 is down`)
  const everybody = city.files.units
    .map((unit) => unit.id)
    .filter((unit) => unit !== office && city.hosted(unit) === undefined)
  const papers = Array.from({ length: COUNTS.down }, () => {
    const others = random.sample(3, everybody)
    return {
      recipients: [county, ...others],
      others,
      paper: mill.notice(office, [county, ...others].map((unit) => stage.name(unit)).join('、')),
    }
  })
  // One after the other: the order of acceptance is the order of arrival.
  for (const { paper, recipients } of papers)
    await stage.issue(office, paper, { address: { units: recipients }, lane: county, whileDown: county })
  await inParallel(papers, papers.length, ({ paper, others }) =>
    inParallel(others, others.length, (unit) => stage.arrival(unit, paper)),
  )
  stage.say(`④ 别人都已收到 everybody else has theirs; ${stage.name(county)} OA 恢复 is back`)
  await city.switch(county, true)
  await inParallel(papers, papers.length, ({ paper }) => stage.arrival(county, paper))
  stage.say(`④ ${stage.name(county)} 补收 ${papers.length} 件 got its documents`)
}

async function slowCounty(stage: Stage, county: string): Promise<void> {
  const { city, office, mill, random } = stage
  const oa = city.hosted(county)
  oa?.slowDown(SLOW.crawl)
  const senders = random.sample(20, [...stage.speaking('epoint'), ...stage.speaking('yizhan')])
  const papers = Array.from({ length: COUNTS.ordinary }, (_, n) => {
    const from = senders[n % senders.length] ?? office
    return {
      from,
      paper: {
        ...mill.report(from, stage.name(from), stage.name(county), '函'),
        urgency: '普通' as const,
        files: [
          {
            name: `${n}.txt`,
            role: 'main' as const,
            bytes: Buffer.from(`第 ${n} 件 ${random.bytes(200).toString('hex')}`),
          },
        ],
      },
    }
  })
  const queue = `slow-${county}`
  await inParallel(papers, 16, ({ from, paper }) => stage.issue(from, paper, { address: { units: [county] }, queue }))
  const before = stage.items(county).length
  stage.say(
    `④ ${papers.length} 件普通件已收，${stage.name(county)} OA 缓慢（已到 ${before}）ordinary documents wait for a slow OA`,
  )
  const urgent = mill.notice(office, stage.name(county), { urgency: '特急', subject: '立即启动防汛应急响应' })
  await stage.issue(office, urgent, { kind: 'urgent', address: { units: [county] }, queue })
  const digest = mainDigest(urgent)
  const there = (): boolean => stage.items(county).some((item) => item.digest === digest)
  const crawledEnough = Date.now() + CRAWL_MOST
  await stage.until(() => there() || Date.now() > crawledEnough, '④ 特急 urgent')
  const position = stage.items(county).length
  stage.say(
    `④ 特急${there() ? '先到' : '未能先到'} the urgent one ${there() ? `went first` : 'did not go first'}（第 ${position} 件，其余 ${papers.length - position} 件仍在等）`,
  )
  oa?.slowDown(SLOW.after)
  const wanted = new Set(papers.map(({ paper }) => mainDigest(paper)))
  const arrived = (): number =>
    stage.items(county).filter((item) => item.digest !== undefined && wanted.has(item.digest)).length
  await stage.until(
    () => arrived() === wanted.size && there(),
    () => `④ ${stage.name(county)} ${arrived()}/${wanted.size}`,
  )
  stage.say(`④ ${stage.name(county)} 已全部收到 has all ${wanted.size}`)
}
