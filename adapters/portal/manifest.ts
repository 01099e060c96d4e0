import type { AdapterManifest } from '../../core/adapter/manifest.ts'
import { PORTAL_ERRORS } from './errors.ts'
import { PORTAL_EVENTS } from './events.ts'
import { portalSchema } from './config.ts'
import { createPortalAdapter } from './index.ts'

export const portalManifest: AdapterManifest = {
  id: 'portal',
  name: { zh: '门户网站', en: 'web portal' },
  purpose: {
    zh: '信访与提问从网站来，答复、办理状态与公开的公文在网站上看',
    en: 'petitions and questions come from the portal; replies, states and publications are shown there',
  },
  guide: 'portal.md',
  uses: [],
  settings: portalSchema,
  secretEntries: [
    { name: '<id>.query', zh: '查询码的密钥', en: 'makes the query codes' },
    { name: '<id>.callback', zh: '回调的签名密钥（有 callback 时）', en: 'signs the call-backs (with callback)' },
  ],
  errors: PORTAL_ERRORS,
  events: PORTAL_EVENTS,
  failpoints: [],
  takes: ['reply', 'receipt', 'document', 'withdrawal'],
  served: 'portal',
  publishes: true,
  gives: ['petition'],
  secrets: ({ id, settings }) => [`${id}.query`, ...(settings['callback'] === undefined ? [] : [`${id}.callback`])],
  callsOverTls: ({ settings }) => portalSchema.safeParse(settings).data?.callback?.url.startsWith('https:') === true,
  check({ adapter }, [first]) {
    if (first === undefined) return []
    return [
      {
        path: ['adapter'],
        value: adapter,
        rule: `只能有一个门户：/portal 由 ${first.id} 使用 / one portal only: ${first.id} has /portal`,
      },
    ]
  },
  create: createPortalAdapter,
}
