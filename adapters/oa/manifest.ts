import type { AdapterManifest } from '../../core/adapter/manifest.ts'
import { FILES_SECRET } from '../kit/files/links.ts'
import { OA_ERRORS } from './errors.ts'
import { DIALECT_RULE, isDialect, ONLY_CALLED, speaks } from './dialect.ts'
import { actionsNamed, unknownActions, USUAL_NAMES } from './epoint/operations.ts'
import { createOaAdapter } from './index.ts'
import { oaProof } from './proof.ts'
import { oaSettings } from './settings.ts'

/** Of a dialect that describes its service. */
const OWN_OPERATIONS = '操作名写在方言文件里 / the profile names its operations itself'

export const oaManifest: AdapterManifest = {
  id: 'oa',
  name: { zh: '办公系统', en: 'OA systems over SOAP' },
  purpose: {
    zh: '各单位的办公系统与公文交换中心：对方调用我方，或我方调用对方，或两者都有；方言由 profile 决定',
    en: 'OA systems and exchange centres of units: they call us, we call them, or both; the profile says in which dialect',
  },
  guide: 'oa.md',
  uses: ['profile', 'roles', 'url', 'username', 'pollMs'],
  settings: oaSettings,
  inEntry: ['fileOrigins', 'operations'],
  secretEntries: [
    {
      name: '<id>.password',
      zh: '我方调用对方时的口令（有 username 或 docxg 方言时）',
      en: 'the password by which we log in there (with username, or with dialect docxg)',
    },
    {
      name: 'files.hmac',
      zh: '附件地址的签名密钥（我方调用 docxg 方言的中心时；站点本来就有）',
      en: 'signs the addresses of files (where we call a centre of dialect docxg; every station has it)',
    },
  ],
  errors: OA_ERRORS,
  events: {},
  failpoints: [],
  takes: ['document', 'receipt', 'return', 'withdrawal', 'reply'],
  gives: ['document', 'receipt', 'return', 'withdrawal', 'reply'],
  secrets: (system) =>
    speaks(system, 'docxg') && system.roles.includes('we-call') ? [FILES_SECRET, `${system.id}.password`] : [],
  callsOverTls: ({ roles, url, settings }) =>
    roles.includes('we-call') &&
    [url, ...(oaSettings.safeParse(settings).data?.fileOrigins ?? [])].some(
      (one) => one?.startsWith('https:') === true,
    ),
  check(system) {
    const [dialect = ''] = system.profile.split('-', 1)
    if (!isDialect(dialect)) return [{ path: ['profile'], value: system.profile, rule: DIALECT_RULE }]
    if (dialect !== 'epoint' && dialect !== 'soap') return []
    return [
      ...(dialect === 'epoint' ? unknownActions(system) : actionsNamed(system)).map((action) => ({
        path: ['operations', action],
        value: action,
        rule: dialect === 'epoint' ? Object.keys(USUAL_NAMES).join(', ') : OWN_OPERATIONS,
      })),
      ...(system.roles.includes('we-call') ? [{ path: ['roles'], value: 'we-call', rule: ONLY_CALLED }] : []),
    ]
  },
  proof: oaProof,
  create: createOaAdapter,
}
