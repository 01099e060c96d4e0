import { z } from 'zod'
import { certificatesSchema } from '../../../core/config/schema.ts'
import { operatorSchema } from '../../../core/people/operator.ts'
import { endpoint, type ViewOf } from './endpoint.ts'
import { instant } from './shared.ts'

const { id, name, roles } = operatorSchema.shape
const osUsers = z.array(z.string().min(1).max(64)).max(20)
const empty = z.strictObject({})

/** Somebody, as lists show them: nothing that opens anything. */
export const personSchema = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    roles: z.array(z.string()),
    locked: z.strictObject({ at: instant, by: z.string(), reason: z.string() }).optional(),
    oneTime: z.boolean().describe('一次性口令，尚未改 has a one-time password that nobody has changed yet'),
    codes: z.boolean().describe('用验证码 asked for one-time codes'),
    certificates: z.int(),
    osUsers: z.array(z.string()),
    passwordSince: instant.optional(),
  })
  .meta({ id: 'Person', title: '人员 a person' })
export type PersonView = ViewOf<typeof personSchema>

const withPassword = z.strictObject({ person: personSchema, password: z.string().describe('一次性 one-time') })

export const PEOPLE_ENDPOINTS = {
  people: endpoint({
    id: 'people',
    method: 'GET',
    path: '/api/v1/people',
    right: 'see-people',
    tag: 'people',
    summary: '所有人员 / everybody',
    answer: z.array(personSchema),
  }),
  addPerson: endpoint({
    id: 'addPerson',
    method: 'POST',
    path: '/api/v1/people',
    right: 'configure',
    tag: 'people',
    summary: '增加一人 / add somebody',
    body: z.strictObject({
      id,
      name,
      roles,
      osUsers: osUsers.min(1).optional(),
      certificates: certificatesSchema.optional(),
    }),
    answer: withPassword,
    secret: true,
  }),
  changePerson: endpoint({
    id: 'changePerson',
    method: 'POST',
    path: '/api/v1/people/{id}',
    right: 'configure',
    tag: 'people',
    summary: '改一人 / change somebody',
    body: z.strictObject({
      name: name.optional(),
      roles: roles.optional(),
      osUsers: osUsers.optional(),
      certificates: certificatesSchema.optional(),
    }),
    answer: personSchema,
  }),
  resetPerson: endpoint({
    id: 'resetPerson',
    method: 'POST',
    path: '/api/v1/people/{id}/reset',
    right: 'configure',
    tag: 'people',
    summary: '给一次性口令 / give a one-time password',
    body: empty,
    answer: withPassword,
    secret: true,
  }),
  lockPerson: endpoint({
    id: 'lockPerson',
    method: 'POST',
    path: '/api/v1/people/{id}/lock',
    right: 'configure',
    tag: 'people',
    summary: '锁定 / lock',
    body: z.strictObject({ reason: z.string().min(1).max(200) }),
    answer: personSchema,
  }),
  unlockPerson: endpoint({
    id: 'unlockPerson',
    method: 'POST',
    path: '/api/v1/people/{id}/unlock',
    right: 'configure',
    tag: 'people',
    summary: '解锁 / unlock',
    body: empty,
    answer: personSchema,
  }),
  removePerson: endpoint({
    id: 'removePerson',
    method: 'POST',
    path: '/api/v1/people/{id}/remove',
    right: 'configure',
    tag: 'people',
    summary: '除名 / remove',
    body: empty,
    answer: personSchema,
  }),
} as const
