import { z } from 'zod'
import { clockSchema, titleSchema, wordSchema } from '../clock/schema.ts'

/** Who acts: office in charge, lead and co-handling units, who approves, petitioner, supervising body, Yizhan. */
export const ACTORS = ['office', 'lead', 'co', 'head', 'petitioner', 'supervisor', 'system'] as const
export type Actor = (typeof ACTORS)[number]

const roles = z.array(z.enum(ACTORS)).min(1)

const stateSchema = z.strictObject({
  name: titleSchema,
  end: z.boolean().default(false).describe('办结的状态 / an end'),
  handled: z.boolean().default(false).describe('整件：此时承办单位可以行为 / of a matter: its handlers may act'),
  done: z.boolean().default(false).describe('承办单位：视为已答复 / of a handler: has answered'),
})

const actSchema = z.strictObject({
  name: titleSchema,
  from: z.array(wordSchema).min(1),
  to: wordSchema.optional().describe('不写：状态不变 / absent: the state stays'),
  by: roles,
  needs: z
    .enum(['leads', 'coHandlers'])
    .optional()
    .describe(
      'leads：主办单位都已办结；coHandlers：协办单位都已答复 / every lead unit has finished; every co-handler has answered',
    ),
  assigns: z.boolean().default(false).describe('同时交给所列单位 / gives the matter to the units that are named'),
  reason: z.boolean().default(false).describe('须说明理由 / reasons have to be given'),
  outcome: z.boolean().default(false).describe('须选定结果 / an outcome has to be chosen'),
  documents: z.array(wordSchema).default([]).describe('发出的文书 / documents that it issues'),
})

const tableShape = {
  initial: wordSchema,
  states: z.record(wordSchema, stateSchema),
  acts: z.record(wordSchema, actSchema),
}

/** What a handler of a matter does: `matters/<handling>.yaml`, shared by kinds. */
export const handlingSchema = z
  .strictObject({
    handling: wordSchema.describe('与文件名相同 / the file’s name'),
    name: titleSchema,
    ...tableShape,
    documents: z.record(wordSchema, titleSchema).default({}),
  })
  .meta({ since: '0.2.0' })

/** A kind of matter: `matters/<kind>.yaml`. */
export const kindSchema = z
  .strictObject({
    kind: wordSchema.describe('与文件名相同 / the file’s name'),
    extends: wordSchema
      .optional()
      .describe(
        '同另一种，只写不同之处 / like another kind; what differs is written, key by key under clocks and documents',
      ),
    name: titleSchema,
    number: z
      .string()
      .regex(/^(?=.*\{n\})[^{}]*(\{(year|n)\}[^{}]*)+$/u, '须含 {n}，可含 {year} / must have {n}, may have {year}')
      .describe('编号规则 / how it is numbered'),
    handling: wordSchema,
    ...tableShape,
    outcomes: z.record(z.string().regex(/^[A-Za-z][a-zA-Z0-9]{0,39}$/u), titleSchema).default({}),
    documents: z.record(wordSchema, titleSchema).default({}),
    clocks: z.record(wordSchema, clockSchema),
  })
  .meta({ since: '0.2.0' })

export type Act = z.output<typeof actSchema>
export type Handling = z.output<typeof handlingSchema>
/** As it is written, what it extends included. */
export type KindSource = z.output<typeof kindSchema>
/** A kind with the table of its handlers. */
export interface Kind extends Omit<KindSource, 'handling' | 'extends'> {
  readonly handling: Handling
}
