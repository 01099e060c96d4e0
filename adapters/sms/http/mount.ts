import type { IncomingMessage, ServerResponse } from 'node:http'
import type { HttpMount } from '../../../core/adapter/port.ts'
import { asError, asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { sendAnswer, sendText } from '../../kit/http/answer.ts'
import { MemoryBudget } from '../../../core/door/budget.ts'
import { IncomingBody, CallerGone } from '../../kit/http/body.ts'
import { queryIn } from '../../kit/http/query.ts'
import { sourceOf } from '../../kit/http/source.ts'
import type { HttpConfig } from '../config.ts'
import type { SmsHandlers, SmsHouse } from '../transport.ts'
import { readReplies, readReports } from './pushes.ts'
import { isOneOf } from '../../../core/util/same-secret.ts'

const BODY = 2 * 1024 * 1024
const LIMITS = { requestBytes: BODY, inflatedBytes: BODY, bodyTimeoutMs: 60_000, bodyBytesPerSecond: 1_000 }
/** Of all platforms that push together. */
const MEMORY = new MemoryBudget(16 * BODY)

/**
 * Where the platform pushes: `POST /sms/<system>/<token>/report` and `…/reply`, answered 200 once everything in it is
 * durable. The platform proves nothing by itself, so the path bears a token, the secret `<system>.push`.
 */
export function pushMount(house: SmsHouse, config: HttpConfig, handlers: () => SmsHandlers | undefined): HttpMount {
  const prefix = `/sms/${house.system}`
  const push = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const [token = '', operation = '', ...more] = new URL(request.url ?? '/', 'http://station').pathname
      .slice(prefix.length + 1)
      .split('/')
    if (!isOneOf(token, house.accepted(`${house.system}.push`))) {
      const source = sourceOf(request)
      const rejected = { code: 'account.rejected', system: house.system, actor: `${house.system}.push` } as const
      house.rejections.note({ ...rejected, at: house.clock.now(), error: 'UNAUTHENTICATED', source }, true)
      return sendText(response, 404, 'not found')
    }
    if ((operation !== 'report' && operation !== 'reply') || more.length > 0)
      return sendText(response, 404, 'not found')
    if (request.method !== 'POST') return sendText(response, 405, 'POST', { allow: 'POST' })
    queryIn(request.url ?? '')
    const kept = handlers()
    if (kept === undefined) throw new YizhanError('OVERLOADED', { rule: '尚未启动 / not started' })
    const body = new IncomingBody(request, LIMITS, MEMORY.open(sourceOf(request), house.system), false)
    try {
      await keep(kept, operation, await body.whole())
    } finally {
      body.release()
    }
    await sendAnswer(response, {
      status: 200,
      contentType: 'application/json',
      chunks: [Buffer.from('{"success":true}')],
    })
  }
  const keep = async (kept: SmsHandlers, operation: 'report' | 'reply', bytes: Buffer): Promise<void> => {
    // One after the other: a long list is no reason to hurry the ledger.
    if (operation === 'report') for (const report of readReports(config, bytes)) await kept.report(report)
    else for (const reply of readReplies(config, bytes, house.clock.now())) await kept.reply(reply)
  }
  return {
    prefix,
    handle: (request, response) => {
      push(request, response).catch((thrown: unknown) => refuse(house, response, thrown))
    },
  }
}

function refuse({ system, clock, emit }: SmsHouse, response: ServerResponse, thrown: unknown): void {
  if (thrown instanceof CallerGone) return
  const error = asYizhanError(thrown)
  emit.emit({
    code: error.status >= 500 || error.retryable ? 'sms.unkept' : 'sms.garbage',
    at: clock.now(),
    system,
    detail: asError(thrown).message,
  })
  const text =
    error.status >= 500 ? '未能登记，请重发 / not kept, send it again' : `${error.code} ${error.zh} / ${error.en}`
  void sendText(response, error.status, text, error.status === 413 ? { connection: 'close' } : {})
}
