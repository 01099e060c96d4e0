import { z } from 'zod'

/** What an operation of a served dialect does, and the kind that its request's form has. */
export const SERVED_ACTIONS = {
  submit: 'document',
  withdraw: 'withdrawal',
  reply: 'reply',
  sign: 'receipt',
  return: 'return',
  list: 'record',
  fetch: 'record',
  status: 'record',
} as const
export type ServedAction = keyof typeof SERVED_ACTIONS

/** Kinds of messages that a list may hold. */
const LISTED = ['document', 'receipt', 'return', 'withdrawal', 'reply', 'outcome'] as const

const operationSchema = z.strictObject({
  does: z.enum(Object.keys(SERVED_ACTIONS) as [ServedAction, ...ServedAction[]]).describe('what it does in the house'),
  in: z.string().describe('form of the request: its root element is the operation’s name'),
  out: z.string().describe('form of the answer'),
  refused: z.string().optional().describe('form of an answer that refuses, with the root of `out`; by default `out`'),
  kinds: z
    .array(z.enum(LISTED))
    .min(1)
    .optional()
    .describe('of a list: only these kinds, unless the request names some'),
})

/** The key `soap` of a profile: a service that is made of its forms, document/literal wrapped. */
export const servedSchema = z.strictObject({
  service: z
    .string()
    .max(60)
    .regex(/^[A-Za-z][A-Za-z0-9]*$/)
    .describe('the service’s name in its WSDL'),
  versions: z
    .array(z.enum(['1.1', '1.2']))
    .min(1)
    .default(['1.1', '1.2'])
    .describe('envelopes that are taken, and answered alike'),
  login: z
    .strictObject({ account: z.string().min(1), password: z.string().min(1) })
    .optional()
    .describe(
      'elements in front of each request that say who calls; HTTP Basic, WS-Security and client certificates are taken with it and without it',
    ),
  refusals: z
    .enum(['fault', 'answer'])
    .default('fault')
    .describe('what is refused is a fault, or an answer in which `ok` is false'),
  fault: z
    .string()
    .optional()
    .describe('form of a fault’s detail: code, zh, en, field, value, rule, retryable, remedy; by default our own'),
  operations: z.array(operationSchema).min(1),
})
export type ServedSoap = z.infer<typeof servedSchema>
export type ServedOperation = ServedSoap['operations'][number]
