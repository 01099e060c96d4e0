import type { IncomingMessage } from 'node:http'
import type { RequestHandler } from 'express'
import { YizhanError } from '../../core/errors/error.ts'
import { IncomingBody, CallerGone } from '../kit/http/body.ts'
import { readCredentials } from '../kit/http/credentials.ts'
import { queryIn } from '../kit/http/query.ts'
import { sourceOf } from '../kit/http/source.ts'
import { answerJson, type PortalOptions } from './context.ts'
import { maskText } from '../../core/events/mask.ts'
import type { Accepted, PortalCaller } from './port.ts'
import { showQueryCode } from './query-code.ts'
import { readSubmission } from './submission.ts'

/** `POST /portal/petitions`: who calls, then the body, then its rules, then the house. */
export function submitHandler(options: PortalOptions): RequestHandler {
  const { config, house } = options
  return async (request, response) => {
    const caller = await authenticated(options, request)
    queryIn(request.url)
    const contentType = request.headers['content-type'] ?? ''
    // The house books what it refuses itself.
    let inHouse = false
    const accept = async (): Promise<Accepted> => {
      const body = new IncomingBody(request, config.limits, options.memory(sourceOf(request), caller.account), false)
      try {
        const bytes = await body.whole()
        const { petition, fingerprint } = await readSubmission(contentType, bytes, config)
        inHouse = true
        const { externalId } = petition
        return await house.accept({ caller, petition, externalId, fingerprint, raw: { bytes, contentType } })
      } finally {
        body.release()
      }
    }
    const accepted = await accept().catch((thrown: unknown) => {
      if (!inHouse) bookRefusal(options, caller, thrown)
      throw thrown
    })
    const queryUrl = `${options.publicUrl()}/portal/petitions/${accepted.queryCode}`
    response.set('Location', queryUrl)
    answerJson(response, 201, {
      id: accepted.id,
      queryCode: showQueryCode(accepted.queryCode),
      queryUrl,
      acceptedAt: accepted.acceptedAt,
    })
  }
}

/**
 * The caller behind a request's Authorization header; every failure is UNAUTHENTICATED or ACCOUNT_WAITS and is an
 * `account.rejected` of its source.
 */
export async function authenticated(options: PortalOptions, request: IncomingMessage): Promise<PortalCaller> {
  const source = sourceOf(request)
  let name: string | undefined
  try {
    const credentials = readCredentials(request.headers.authorization)
    if (credentials.scheme === 'basic') name = credentials.name
    return await options.house.authenticate(credentials, source)
  } catch (thrown) {
    if (thrown instanceof YizhanError && (thrown.code === 'UNAUTHENTICATED' || thrown.code === 'ACCOUNT_WAITS'))
      options.rejections.note(
        {
          code: 'account.rejected',
          at: options.clock.now(),
          source,
          actor: name === undefined ? undefined : maskText(name).slice(0, 64),
          error: thrown.code,
          detail: thrown.facts.rule,
        },
        request.headers.authorization !== undefined,
      )
    throw thrown
  }
}

/** The offending value is left out: nobody has looked yet whether it is classified. */
function bookRefusal(options: PortalOptions, caller: PortalCaller, thrown: unknown): void {
  // Nobody is refused; and what is not ours is told as an inner error where it is answered.
  if (thrown instanceof CallerGone || !(thrown instanceof YizhanError)) return
  const { code, facts } = thrown
  options.emit.emit({
    code: 'message.refused',
    at: options.clock.now(),
    kind: 'petition',
    system: caller.system,
    actor: caller.account,
    error: code,
    detail: [facts.field, facts.rule].filter((part) => part !== undefined).join('：'),
  })
}
