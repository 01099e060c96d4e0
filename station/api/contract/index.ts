import { z } from 'zod'
import { endpoint, type ApiEndpoint } from './endpoint.ts'
import { DEAD_LETTER_ENDPOINTS } from './dead-letters.ts'
import { DOCUMENT_ENDPOINTS } from './documents.ts'
import { LIVE_ENDPOINTS } from './live.ts'
import { OVERVIEW_ENDPOINTS } from './overview.ts'
import { PEOPLE_ENDPOINTS } from './people.ts'
import { SESSION_ENDPOINTS } from './session.ts'
import { TASK_ENDPOINTS } from './tasks.ts'

/** Every endpoint of `/api/v1`. */
export const ENDPOINTS = {
  openapi: endpoint({
    id: 'openapi',
    method: 'GET',
    path: '/api/v1/openapi.json',
    right: 'anyone',
    tag: 'api',
    summary: '本文档 / this document',
    answer: z.looseObject({ openapi: z.string() }),
  }),
  ...SESSION_ENDPOINTS,
  ...PEOPLE_ENDPOINTS,
  ...LIVE_ENDPOINTS,
  ...OVERVIEW_ENDPOINTS,
  ...DOCUMENT_ENDPOINTS,
  ...DEAD_LETTER_ENDPOINTS,
  ...TASK_ENDPOINTS,
} as const satisfies Readonly<Record<string, ApiEndpoint>>
