import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { freePorts } from '../../../sandbox/net/ports.ts'
import { runStation, smallStation, type StationRun } from '../../unit/station/lib/small-station.ts'

/** Names that stand nowhere else: whoever is told of one was told of this city. */
const SYSTEMS = ['xt-yizhan', 'xt-epoint', 'xt-centre', 'xt-portal', 'xt-archive', 'xt-sms', 'xt-mail', 'xt-ldap']
const UNITS = ['dw-zhengfuban', 'dw-caizheng']
const ACCOUNTS = ['zh-yizhan', 'zh-epoint', 'zh-portal']
/** What no stranger is told. */
export const INSIDE = [...SYSTEMS, ...UNITS, ...ACCOUNTS, '内部系统', '市甲办公室', '市乙财政局', 'zdzhan']

/** Every secret of it. */
export const PASSWORD = 'kouling-1'

/** A station with an editor and a system of each adapter and of each dialect of OAs. */
export interface WholeStation {
  readonly http: URL
  readonly editor: URL
  readonly data: string
  readonly run: StationRun
  readonly password: string
  close(): Promise<void>
}

export async function wholeStation(stationYaml = ''): Promise<WholeStation> {
  const small = await smallStation()
  const [editorPort, closed] = (await freePorts(2)) as [number, number]
  const nowhere = `127.0.0.1:${closed}`
  const write = (name: string, text: string): Promise<void> => writeFile(join(small.config, name), text)
  await write(
    'station.yaml',
    `name: zdzhan\nhttp: { port: 0, proxies: ["127.0.0.9"] }\nlog: { console: false }\neditor: { port: ${editorPort} }\n${stationYaml}`,
  )
  await write(
    'systems.yaml',
    `systems:
  - { id: xt-yizhan, name: 内部系统一, adapter: oa, profile: yizhan, roles: [calls-us] }
  - { id: xt-epoint, name: 内部系统二, adapter: oa, profile: epoint, roles: [calls-us] }
  - { id: xt-centre, name: 内部系统三, adapter: oa, profile: docxg, roles: [we-call], url: "http://${nowhere}/" }
  - id: xt-portal
    name: 内部系统四
    adapter: portal
    settings: { query: { perClientPerMinute: 100000, perCodePerMinute: 100000 } }
  - id: xt-archive
    name: 内部系统五
    adapter: archive
    settings:
      server: { host: 127.0.0.1, port: ${closed}, username: u, login: password, hostKeys: ["SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"] }
      folders: { drop: in, taken: [taken], receipts: r, receiptsDone: d, receiptsBad: b }
      profile: default
      sender: 市甲办公室
      classification: { fonds: { default: { code: "0094", name: 全宗 } }, category: WS, retention: { default: D30 } }
  - id: xt-sms
    name: 内部系统六
    adapter: sms
    settings:
      centre: { kind: http, url: "http://${nowhere}/sms", company: c, account: a, sign: s }
  - { id: xt-mail, name: 内部系统七, adapter: mail, settings: { host: 127.0.0.1, port: ${closed}, security: none, from: { address: a@b.example } } }
  - id: xt-ldap
    name: 内部系统八
    adapter: directory
    settings: { url: "ldap://${nowhere}", base: "dc=x", bindDn: "cn=y,dc=x", login: { admin: { titles: [甲] } } }
`,
  )
  await write(
    'accounts.yaml',
    `accounts:
  - { id: zh-yizhan, system: xt-yizhan, units: [dw-zhengfuban] }
  - { id: zh-epoint, system: xt-epoint, units: [dw-caizheng] }
  - { id: zh-portal, system: xt-portal, units: [dw-zhengfuban] }
`,
  )
  await write(
    'units.tsv',
    'id\tname\taliases\tgroups\tcodes\tsystem\ndw-zhengfuban\t市甲办公室\t\toffice\tB-001\txt-yizhan\ndw-caizheng\t市乙财政局\t\toffice\tB-002\txt-epoint\n',
  )
  const names = [
    ...['admin.token', 'editor.admin', 'editor.credentials', 'files.hmac'],
    ...ACCOUNTS.map((id) => `account.${id}`),
    ...SYSTEMS.flatMap((id) => ['password', 'push', 'query', 'bind'].map((what) => `${id}.${what}`)),
  ]
  await writeFile(small.secrets, JSON.stringify(Object.fromEntries(names.map((name) => [name, PASSWORD]))), {
    mode: 0o600,
  })
  const run = await runStation(small.arguments)
  return {
    http: new URL(run.said.http),
    editor: new URL(`http://127.0.0.1:${editorPort}`),
    data: small.data,
    run,
    password: PASSWORD,
    async close() {
      await run.stop()
      await rm(small.folder, { recursive: true })
    },
  }
}
