import { z } from 'zod'
import type { FileSource, PetitionView, PortalFile, Publication } from './port.ts'
import { showQueryCode } from './query-code.ts'
import { PETITION_STATES, type PetitionState } from '../../core/message/petition-states.ts'

const time = z.iso.datetime().describe('UTC, ISO 8601')
export const stateSchema = z.enum(Object.keys(PETITION_STATES) as [PetitionState, ...PetitionState[]])

export const fileSchema = z.strictObject({
  name: z.string(),
  mediaType: z.string(),
  size: z.int().min(0).describe('字节 bytes'),
  digest: z
    .string()
    .regex(/^sha256:[0-9a-f]{64}$/)
    .describe('SHA-256'),
  url: z.url().optional().describe('按地址提供时 where files are given by address'),
  content: z
    .string()
    .meta({ contentEncoding: 'base64' })
    .optional()
    .describe('内嵌提供时 where files are given inline'),
})
export type WireFile = z.output<typeof fileSchema>

export const acceptedSchema = z.strictObject({
  id: z.string().describe('受理编号 acceptance number'),
  queryCode: z.string().describe('查询码，给信访人 query code, for the citizen'),
  queryUrl: z.url().describe('查询地址 where to ask'),
  acceptedAt: time,
})

export const replySchema = z.strictObject({
  text: z.string().describe('纯文本 plain text, never markup'),
  unit: z.string().describe('答复单位 the unit that replies'),
  at: time,
  files: z.array(fileSchema),
})

export const petitionViewSchema = z.strictObject({
  queryCode: z.string(),
  state: stateSchema,
  stateText: z.string().describe('状态的中文名 the state in Chinese'),
  acceptedAt: time,
  updatedAt: time,
  unit: z.string().optional().describe('责任单位 the responsible unit'),
  deadline: z.iso.date().optional().describe('办理期限 day by which it is to be done, Asia/Shanghai'),
  reply: replySchema.optional(),
})

const livePublication = z.strictObject({
  state: z.literal('published'),
  id: z.string(),
  revision: z.int().min(1).describe('更正后加一 one more with each correction'),
  title: z.string(),
  text: z.string().describe('纯文本 plain text, never markup'),
  unit: z.string().describe('发布单位 the publishing unit'),
  category: z.string().optional(),
  number: z.string().optional().describe('发文字号 document number'),
  publishedAt: time,
  updatedAt: time,
  files: z.array(fileSchema),
})
const withdrawnPublication = z.strictObject({
  state: z.literal('withdrawn'),
  id: z.string(),
  revision: z.int().min(1),
  reason: z.string().optional(),
  updatedAt: time,
})
export const publicationSchema = z.discriminatedUnion('state', [livePublication, withdrawnPublication])

export const publicationPageSchema = z.strictObject({
  publications: z.array(publicationSchema).describe('按变动先后 in the order of their last change'),
  next: z.string().describe('下次查询的 after 参数 the parameter `after` of the next request'),
})

/** How files go out: by the configuration, but in lists of publications without their bytes. */
export type WireFileForm = 'link' | 'inline' | 'names'

async function wireFile(file: PortalFile, how: WireFileForm, source: FileSource): Promise<WireFile> {
  const { name, mediaType, size, digest } = file
  if (how === 'names') return { name, mediaType, size, digest }
  if (how === 'link') return { name, mediaType, size, digest, url: source.link(file) }
  return { name, mediaType, size, digest, content: (await source.read(digest)).toString('base64') }
}

export function wireFiles(files: readonly PortalFile[], how: WireFileForm, source: FileSource): Promise<WireFile[]> {
  return Promise.all(files.map((file) => wireFile(file, how, source)))
}

export async function wirePetition(
  queryCode: string,
  view: PetitionView,
  how: WireFileForm,
  source: FileSource,
): Promise<z.output<typeof petitionViewSchema>> {
  const { state, acceptedAt, updatedAt, unit, deadline, reply } = view
  return {
    queryCode: showQueryCode(queryCode),
    state,
    stateText: PETITION_STATES[state],
    acceptedAt,
    updatedAt,
    unit,
    deadline,
    reply:
      reply === undefined
        ? undefined
        : { text: reply.text, unit: reply.unit, at: reply.at, files: await wireFiles(reply.files, how, source) },
  }
}

export async function wirePublication(
  publication: Publication,
  how: WireFileForm,
  source: FileSource,
): Promise<z.output<typeof publicationSchema>> {
  if (publication.state === 'withdrawn') {
    const { state, id, revision, reason, updatedAt } = publication
    return { state, id, revision, reason, updatedAt }
  }
  const { state, id, revision, title, text, unit, category, number, publishedAt, updatedAt } = publication
  const files = await wireFiles(publication.files, how, source)
  return { state, id, revision, title, text, unit, category, number, publishedAt, updatedAt, files }
}
