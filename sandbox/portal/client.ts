import { z } from 'zod'

/** What a citizen filled in. */
export const citizenForm = z.strictObject({
  purpose: z.string().max(20),
  title: z.string().max(1_000),
  text: z.string().max(50_000),
  place: z.strictObject({ code: z.string().max(20).optional(), name: z.string().max(200).optional() }),
  category: z.string().max(20),
  petitioner: z.strictObject({
    name: z.string().max(200),
    phone: z.string().max(50),
    idNumber: z.string().max(50).optional(),
    email: z.string().max(300).optional(),
    address: z.string().max(500).optional(),
  }),
  accused: z.string().max(500).optional(),
  publish: z.boolean(),
  files: z
    .array(
      z.strictObject({ name: z.string().max(300), mediaType: z.string().max(100), base64: z.base64().max(12_000_000) }),
    )
    .max(20)
    .default([]),
})
export type CitizenForm = z.infer<typeof citizenForm>

const accepted = z.object({ id: z.string(), queryCode: z.string(), queryUrl: z.string(), acceptedAt: z.string() })
const problem = z.object({
  code: z.string(),
  zh: z.string(),
  en: z.string(),
  field: z.string().optional(),
  rule: z.string().optional(),
  retryable: z.boolean(),
  faults: z.array(z.object({ field: z.string(), rule: z.string() })).optional(),
})

export type SubmitOutcome =
  | { readonly status: 'acknowledged'; readonly id: string; readonly queryCode: string }
  | {
      readonly status: 'refused'
      readonly code: string
      readonly text: string
      readonly faults: readonly { readonly field: string; readonly rule: string }[]
    }
  /** nobody knows whether the station has it: the same with the same id may be tried again */
  | { readonly status: 'lost'; readonly why: string }

export interface StationAccess {
  /** the station's address, no slash at the end */
  readonly station: () => string
  readonly account: string
  readonly password: string
}

const PATIENCE_MS = 20_000

/**
 * Speaks to the station's portal interface: JSON without files, multipart/form-data (the platform's encoder) with them.
 */
export class StationClient {
  readonly #access: StationAccess

  constructor(access: StationAccess) {
    this.#access = access
  }

  async file(externalId: string, form: CitizenForm): Promise<SubmitOutcome> {
    const { files, ...rest } = form
    const body = files.length === 0 ? JSON.stringify({ ...rest, externalId }) : multipart(externalId, form)
    try {
      const response = await this.#ask('/portal/petitions', {
        method: 'POST',
        body,
        ...(typeof body === 'string' ? { headers: { 'content-type': 'application/json' } } : {}),
      })
      const answer: unknown = await response.json()
      if (response.status === 201)
        return { status: 'acknowledged', ...accepted.pick({ id: true, queryCode: true }).parse(answer) }
      const { code, zh, en, retryable, faults = [] } = problem.parse(answer)
      return retryable
        ? { status: 'lost', why: `${code} ${zh}` }
        : { status: 'refused', code, text: `${zh} / ${en}`, faults }
    } catch (error) {
      return { status: 'lost', why: error instanceof Error ? error.message : String(error) }
    }
  }

  /** State and reply, as the station answers it; undefined for a code that it does not know. */
  async query(queryCode: string): Promise<unknown> {
    const response = await this.#ask(`/portal/petitions/${encodeURIComponent(queryCode)}`, {})
    const answer: unknown = await response.json()
    if (response.ok) return answer
    if (response.status === 404) return undefined
    throw new Error(problem.parse(answer).zh)
  }

  #ask(
    path: string,
    init: {
      readonly method?: string
      readonly body?: string | FormData
      readonly headers?: Readonly<Record<string, string>>
    },
  ): Promise<Response> {
    const { station, account, password } = this.#access
    const authorization = `Basic ${Buffer.from(`${account}:${password}`, 'utf8').toString('base64')}`
    return fetch(`${station()}${path}`, {
      ...init,
      headers: { ...init.headers, authorization },
      signal: AbortSignal.timeout(PATIENCE_MS),
      redirect: 'error',
    })
  }
}

function multipart(externalId: string, form: CitizenForm): FormData {
  const data = new FormData()
  const { petitioner, place, files, publish, ...plain } = form
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined) data.append(name, value)
  }
  put('externalId', externalId)
  for (const [key, value] of Object.entries(plain)) put(key, value)
  for (const [key, value] of Object.entries(petitioner)) put(`petitioner.${key}`, value)
  for (const [key, value] of Object.entries(place)) put(`place.${key}`, value)
  put('publish', publish ? '1' : '0')
  for (const file of files)
    data.append('files', new Blob([Buffer.from(file.base64, 'base64')], { type: file.mediaType }), file.name)
  return data
}
