import { portalSchema, type PortalConfig } from '../../../../adapters/portal/config.ts'

/** A petition as a portal's server sends it, in the JSON form. */
export interface PetitionJson {
  readonly externalId?: string
  readonly purpose: string
  readonly title: string
  readonly text: string
  readonly place: { readonly code?: string; readonly name?: string }
  readonly category: string
  readonly petitioner: {
    readonly name: string
    readonly phone: string
    readonly idNumber?: string
    readonly email?: string
    readonly address?: string
  }
  readonly accused?: string
  readonly publish?: boolean
  readonly files?: readonly { readonly name: string; readonly mediaType?: string; readonly content: string }[]
}

/** An identity number with a correct check character, of nobody: its division code does not exist. */
export const ID_NUMBER = '999999198001010011'

export function petition(changes: Partial<PetitionJson> = {}): PetitionJson {
  return {
    purpose: '申诉求决',
    title: '关于小区供暖不足的反映',
    text: '自入冬以来室温一直不足十六度。\n请有关部门处理。',
    place: { code: '411681', name: '项城市' },
    category: '990000',
    petitioner: {
      name: '张三丰',
      phone: '13800001234',
      idNumber: ID_NUMBER,
      email: 'zhang@example.org',
      address: '项城市人民路一号院三单元',
    },
    publish: false,
    files: [{ name: '照片.jpg', mediaType: 'image/jpeg', content: Buffer.from('不是真的照片').toString('base64') }],
    ...changes,
  }
}

export function configOf(changes: object = {}): PortalConfig {
  return portalSchema.parse(changes)
}

/** The same petition as a browser's form sends it, by the platform's own encoder. */
export async function formOf(json: PetitionJson): Promise<{ readonly contentType: string; readonly bytes: Buffer }> {
  const form = new FormData()
  const { petitioner, place, files = [], publish, ...plain } = json
  for (const [key, value] of Object.entries(plain)) form.append(key, value)
  for (const [key, value] of Object.entries(petitioner)) form.append(`petitioner.${key}`, value)
  for (const [key, value] of Object.entries(place)) form.append(`place.${key}`, value)
  if (publish !== undefined) form.append('publish', publish ? '1' : '0')
  for (const file of files)
    form.append('files', new Blob([Buffer.from(file.content, 'base64')], { type: file.mediaType ?? '' }), file.name)
  const request = new Request('http://127.0.0.1/', { method: 'POST', body: form })
  return { contentType: request.headers.get('content-type') ?? '', bytes: Buffer.from(await request.arrayBuffer()) }
}
