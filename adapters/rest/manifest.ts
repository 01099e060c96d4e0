import type { AdapterManifest, ProofOf } from '../../core/adapter/manifest.ts'
import { createRestAdapter } from './index.ts'
import { restSettings } from './settings.ts'

const NEEDS_LOGIN = '我方调用时须有 url 与 username（client_id） / we-call needs url and username (the client_id)'

export const restManifest: AdapterManifest = {
  id: 'rest',
  name: { zh: 'REST 办公系统', en: 'OA systems over REST' },
  purpose: {
    zh: '以 JSON 与 OAuth2 令牌（client credentials）收发公文的办公系统：对方调用我方，或我方调用对方，或两者都有',
    en: 'OA systems that exchange documents as JSON with OAuth2 tokens (client credentials): they call us, we call them, or both',
  },
  since: '0.2.0',
  guide: 'rest.md',
  uses: ['profile', 'roles', 'url', 'username'],
  settings: restSettings,
  secretEntries: [
    {
      name: '<id>.password',
      zh: '我方在对方令牌端点的 client_secret（有 we-call 时）',
      en: 'our client_secret at their token endpoint (with we-call)',
    },
  ],
  errors: {},
  events: {},
  failpoints: [],
  takes: ['document', 'receipt', 'return', 'withdrawal', 'reply'],
  gives: ['document', 'receipt', 'return', 'withdrawal', 'reply'],
  secrets: ({ id, roles }) => (roles.includes('we-call') ? [`${id}.password`] : []),
  callsOverTls: ({ roles, url, settings }) =>
    roles.includes('we-call') &&
    [url, restSettings.safeParse(settings).data?.tokenUrl].some((one) => one?.startsWith('https:') === true),
  check: ({ roles, url, username }) =>
    roles.includes('we-call') && (url === undefined || username === undefined)
      ? [{ path: ['username'], value: username ?? '', rule: NEEDS_LOGIN }]
      : [],
  proof: restProof,
  create: createRestAdapter,
}

/** Fetches a token, and with it the list of what waits for the unit. */
function restProof({ system, account, password, units, single, publicUrl }: ProofOf): string | undefined {
  const [unit] = units
  if (!system.roles.includes('calls-us') || unit === undefined) return undefined
  const list = `${publicUrl}/oa/rest/items${single ? '' : `?unit=${unit}`}`
  if (password === undefined) return `curl -sS --cert CERTIFICATE.pem --key KEY.pem --cacert CA.pem '${list}'`
  const token = `curl -sS -u '${account.id}:${password}' -d grant_type=client_credentials ${publicUrl}/oa/rest/token`
  return `curl -sS -H "authorization: Bearer $(${token} | sed 's/.*"access_token":"//;s/".*//')" '${list}'`
}
