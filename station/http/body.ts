import express, { type Request } from 'express'
import type { z } from 'zod'
import { queryIn } from '../../adapters/kit/http/query.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { fitting } from '../../core/errors/fitting.ts'
import { decodeText } from '../../core/mapping/encoding/text.ts'
import { parseForeignJson } from '../../core/util/json.ts'

/** For `bodyOf`. @param limit as express writes it */
export function jsonBody(limit: string): express.RequestHandler {
  return express.raw({ limit, type: 'application/json' })
}

/** What was posted as JSON, by a schema that knows every key. */
export function bodyOf<Schema extends z.ZodType>(schema: Schema, request: Request): z.output<Schema> {
  queryIn(request.url)
  const body: unknown = request.body
  if (Buffer.isBuffer(body)) {
    const value = parseForeignJson(decodeText(body, 'utf-8'))
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return fitting(schema, value)
  }
  throw new YizhanError('JSON_MALFORMED', {
    detail: '须为 JSON 对象，content-type: application/json / a JSON object, as application/json',
  })
}
