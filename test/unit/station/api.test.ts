import { rm } from 'node:fs/promises'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { z } from 'zod'
import { ENDPOINTS } from '../../../station/api/contract/index.ts'
import { problemSchema } from '../../../adapters/kit/http/problem.ts'
import { runStation, smallStation, type SmallStation, type StationRun } from './lib/small-station.ts'

/** `/api/v1` of a running station: every answer is what its document says. */

let files: SmallStation
let station: StationRun
beforeAll(async () => {
  files = await smallStation()
  station = await runStation(files.arguments)
})
afterAll(async () => {
  await station.stop()
  await rm(files.folder, { recursive: true })
})

async function ask(method: string, path: string, body?: string) {
  const response = await fetch(station.said.http + path, {
    method,
    headers: { authorization: 'Bearer t', ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body }),
  })
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    json: await response.json(),
  }
}

describe('the API of the duty console', () => {
  it('describes itself by a valid OpenAPI 3.1 document, with every endpoint', async () => {
    const { json } = await ask('GET', '/api/v1/openapi.json')
    const validator = new Validator()
    const { valid, errors } = await validator.validate(json as Parameters<Validator['validate']>[0])
    expect(errors).toBeUndefined()
    expect([valid, validator.version]).toEqual([true, '3.1'])
    const { paths } = json as { readonly paths: Readonly<Record<string, object>> }
    const told = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    )
    const all = Object.values(ENDPOINTS).map(({ method, path }) => `${method} ${path}`)
    expect(told.sort()).toEqual(all.sort())
  })

  it('answers by its schemas, whatever it is asked, and never with a fault of its own', async () => {
    const wrong: string[] = []
    const values = ['x', '%2F', '..%2f', '%E4%BF%A1', '9'.repeat(500)]
    const bodies = ['{}', '[]', '{', '{"reason":"r"}', '{"reason":"r","dryRun":true,"group":"x"}', '{"ids":[null]}']
    for (const endpoint of Object.values(ENDPOINTS)) {
      const { method, path } = endpoint
      if ('media' in endpoint) continue
      const asked = method === 'POST' ? bodies : [undefined]
      for (const value of path.includes('{') ? values : ['']) {
        const named = path.replaceAll(/\{\w+\}/g, value)
        const queries = method === 'GET' ? ['', '?max=0', '?after=%00&max=2', '?id=x', '?madeup=1'] : ['']
        for (const query of queries)
          for (const body of asked) {
            const { status, type, json } = await ask(method, named + query, body)
            const schema: z.ZodType = status < 300 ? endpoint.answer : problemSchema
            const fits = schema.safeParse(json)
            const isProblem = status < 300 || type?.startsWith('application/problem+json') === true
            if (status >= 500 || !fits.success || !isProblem)
              wrong.push(`${method} ${named}${query} ${body ?? ''}: ${status} ${JSON.stringify(json).slice(0, 300)}`)
          }
      }
    }
    expect(wrong).toEqual([])
  })

  it('shows the overview, and refuses to pause what fetches by itself', async () => {
    const { json } = await ask('GET', '/api/v1/overview')
    expect(ENDPOINTS.overview.answer.parse(json)).toMatchObject({
      station: 'st',
      systems: [{ id: 'oa', name: 'OA', state: 'up', queue: 0 }],
      attention: { deadLetters: { count: 0 }, bus: 'connected' },
    })
    const body = JSON.stringify({ reason: '维护' })
    expect((await ask('POST', '/api/v1/systems/oa/pause', body)).json).toMatchObject({ code: 'SYSTEM_NOT_CALLED' })
    expect((await ask('POST', '/api/v1/systems/none/pause', body)).json).toMatchObject({ code: 'SYSTEM_UNKNOWN' })
  })

  it('streams what has changed', async () => {
    const ending = new AbortController()
    const response = await fetch(`${station.said.http}/api/v1/live`, {
      headers: { authorization: 'Bearer t', 'last-event-id': 'of-another-run-1' },
      signal: ending.signal,
    })
    expect(response.headers.get('content-type')).toContain('text/event-stream')
    let text = ''
    const decoder = new TextDecoder()
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk as Uint8Array, { stream: true })
      if (text.includes('event: attention')) break
    }
    ending.abort()
    expect(text).toMatch(/^retry: \d+\n\nevent: reset\ndata: \{"at":\d+\}\n\n/)
  })
})
