import type { z } from 'zod'
import type { Right } from '../../../core/people/roles.ts'

/** One address of the API with everything that passes through it: what the document says, the server checks. */
export interface ApiEndpoint {
  /** OpenAPI's operationId */
  readonly id: string
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** with `{name}` where a part is given */
  readonly path: `/api/v1/${string}`
  /** what it asks of whoever calls */
  readonly right: 'anyone' | 'logged-in' | Right
  readonly tag: ApiTag
  /** 中文 / English */
  readonly summary: string
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  /** of the JSON that is answered */
  readonly answer: z.ZodType
  /** where it answers something else than JSON: the content types */
  readonly media?: readonly string[]
  /** what it holds opens something, and is kept by no cache */
  readonly secret?: true
}

/** Subjects, in the order of the document. */
export const API_TAGS = {
  session: '登录 login',
  people: '人员 people',
  live: '实时 live',
  overview: '总览 overview',
  documents: '公文 documents',
  'dead-letters': '死信 dead letters',
  work: '待办 what waits for a person',
  accounts: '对账 accounts',
  reports: '报表 reports',
  configuration: '配置 configuration',
  api: '接口 this interface',
} as const
export type ApiTag = keyof typeof API_TAGS

/** Keeps the types of what is given. */
export function endpoint<const E extends ApiEndpoint>(given: E): E {
  return given
}

/** Names of the parts of a path that are given. */
export type PathParts<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | PathParts<Rest>
  : never

export type QueryOf<E extends ApiEndpoint> = E extends { readonly query: infer Q extends z.ZodType }
  ? z.output<Q>
  : object
export type BodyOf<E extends ApiEndpoint> = E extends { readonly body: infer B extends z.ZodType }
  ? z.output<B>
  : undefined
export type AnswerOf<E extends ApiEndpoint> = ViewOf<E['answer']>

/** What is answered by a schema: nobody changes it on its way. */
export type ViewOf<Schema extends z.ZodType> = Unchanging<z.output<Schema>>
type Unchanging<T> = T extends readonly (infer Item)[]
  ? readonly Unchanging<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Unchanging<T[Key]> }
    : T
