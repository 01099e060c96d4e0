/** A value of a document that describes an interface. */
export type Json = { readonly [key: string]: Json } | readonly Json[] | string | number | boolean | null

/** One operation (OpenAPI 3.1, 4.8.10). */
export function operation(
  operationId: string,
  summary: string,
  responses: Record<string, Json>,
  more: Record<string, Json>,
): Json {
  return { operationId, summary, ...more, responses }
}

/** A good answer in JSON, of a schema among the components. */
export function answer(description: string, schema: string, headers?: Record<string, Json>): Record<string, Json> {
  return {
    description,
    ...(headers === undefined ? {} : { headers }),
    content: { 'application/json': { schema: ref(schema) } },
  }
}

/** Problem details for each of these statuses. */
export function problems(statuses: readonly number[]): Record<string, Json> {
  return Object.fromEntries(
    statuses.map((status) => [
      String(status),
      {
        description: '问题详情 problem details (RFC 9457)',
        content: { 'application/problem+json': { schema: ref('Problem') } },
      },
    ]),
  )
}

/** A schema among the components. */
export function ref(name: string): Json {
  return { $ref: `#/components/schemas/${name}` }
}
