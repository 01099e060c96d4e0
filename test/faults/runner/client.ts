import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { Random } from '../../../sandbox/opening-day/random.ts'
import { FILES, URGENCIES, type ClientLine } from './records.ts'

/**
 * An OA that issues, as a process: `client FOLDER STATION PASSWORD SEED`. It submits documents of all urgencies and
 * withdraws some, each again until it is acknowledged, and writes down what it was told. Told `pause` it finishes what
 * it has begun and says `paused`; `burst N` sends so many more and says `paused`; `resume` goes on; its stdin's end
 * ends it when all is acknowledged.
 */
const [folder = '', station = '', password = '', seed = '0'] = process.argv.slice(2)
const WORKERS = 4
const PAUSE_MS = 15
const AGAIN_MS = 100
const ANSWER_MS = 20_000
/** One document of so many is withdrawn. */
const WITHDRAWN = 7

const random = new Random(Number(seed))
let next = 0
let allowed = Number.POSITIVE_INFINITY
let busy = 0
let ended = false

const write = (line: Omit<ClientLine, 'at'>): void =>
  appendFileSync(join(folder, FILES.client), `${JSON.stringify({ at: Date.now(), ...line })}\n`)

createInterface({ input: process.stdin })
  .on('line', (line) => {
    const [word, count] = line.split(' ')
    if (word === 'pause') allowed = 0
    else if (word === 'burst') allowed = Number(count)
    else allowed = Number.POSITIVE_INFINITY
    if (word !== 'resume') void saidWhenQuiet()
  })
  .on('close', () => {
    ended = true
  })

async function saidWhenQuiet(): Promise<void> {
  while (allowed > 0 || busy > 0) await sleep(PAUSE_MS)
  process.stdout.write('paused\n')
}

await Promise.all(Array.from({ length: WORKERS }, work))

async function work(): Promise<void> {
  while (!ended) {
    if (allowed > 0) {
      allowed--
      busy++
      await oneDocument(next++)
      busy--
    }
    await sleep(PAUSE_MS)
  }
}

async function oneDocument(n: number): Promise<void> {
  const id = `s${seed}-${n}`
  const rank = random.integer(0, URGENCIES.length - 1)
  const content = Buffer.from(`${id} `.repeat(40)).toString('base64')
  await brought(
    { kind: 'document', id, rank },
    `<Submit xmlns="urn:yizhan:oa:1"><document><submissionId>${id}</submissionId><documentType>通知</documentType>` +
      `<emergencyDegree>${URGENCIES[rank] ?? ''}</emergencyDegree><documentTitle>第${id}件</documentTitle>` +
      '<to><unit>shouwen</unit></to><files><file><name>正文.txt</name><role>main</role>' +
      `<content>${content}</content></file></files></document></Submit>`,
  )
  if (n % WITHDRAWN !== 0) return
  await brought(
    { kind: 'withdrawal', id, rank },
    `<Withdraw xmlns="urn:yizhan:oa:1"><id>${id}</id><submissionId>${id}-w</submissionId><reason>有误</reason></Withdraw>`,
  )
}

/** The same again until it is acknowledged: a station that is down, frozen or full has said nothing yet. */
async function brought(what: Pick<ClientLine, 'kind' | 'id' | 'rank'>, content: string): Promise<void> {
  write({ what: 'sent', ...what })
  const body =
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>' +
    `${content}</s:Body></s:Envelope>`
  let told = ''
  for (;;) {
    const answer = await submit(body)
    if (answer === '200') break
    // Once for each reason: what is refused for good would otherwise only show as a client that never ends.
    if (answer !== told) process.stderr.write(`${what.kind} ${what.id}: ${answer}\n`)
    told = answer
    await sleep(AGAIN_MS)
  }
  write({ what: 'acknowledged', ...what })
}

async function submit(body: string): Promise<string> {
  const authorization = `Basic ${Buffer.from(`issuer:${password}`).toString('base64')}`
  try {
    const response = await fetch(`${station}/oa/yizhan`, {
      method: 'POST',
      body,
      headers: { authorization, 'content-type': 'text/xml; charset=utf-8' },
      signal: AbortSignal.timeout(ANSWER_MS),
    })
    const text = await response.text()
    return response.ok ? '200' : `${response.status} ${response.headers.get('yizhan-error') ?? text.slice(0, 200)}`
  } catch (error) {
    return error instanceof Error
      ? `${error.message} ${error.cause instanceof Error ? error.cause.message : ''}`
      : String(error)
  }
}
