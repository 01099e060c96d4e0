import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { projectHome } from '../../core/config/home.ts'
import { STATION_SECRETS } from '../../core/config/needed-secrets.ts'
import { peopleSchema } from '../../core/config/people.ts'
import { OperatorRegister } from '../../core/people/register.ts'
import { systemClock } from '../../core/util/clock.ts'
import { copyShippedFlows } from '../own-flows.ts'
import { writePeople } from '../people/people-file.ts'
import { stationFolder, type StationFolder } from './station-folder.ts'
import { makeWhole } from './whole-folder.ts'

/** What a new station is to be. */
export interface NewStation {
  /** short ASCII name, part of every id that the station makes */
  readonly name: string
  readonly host: string
  readonly port: number
  readonly editorPort: number
  /** how others reach it; by host and port unless told */
  readonly publicUrl?: string | undefined
  /** login names of the first administrator (管, 办, 看) and the first auditor (审) */
  readonly admin: string
  readonly auditor: string
  /** of the operating system, whose commands are the administrator's */
  readonly osUser: string
  /** of the operating system, for the systemd unit */
  readonly user: string
}

/**
 * Makes a station's folder: configuration, a copy of the shipped flows, fresh secrets (0600), a data folder (0700), a
 * systemd unit and an example of a reverse proxy. All of it, or nothing.
 *
 * @throws YizhanError FOLDER_NOT_EMPTY
 */
export async function initStation(
  path: string,
  wanted: NewStation,
): Promise<StationFolder & { readonly people: readonly FirstPerson[] }> {
  const made = stationFolder(path)
  let people: readonly FirstPerson[] = []
  await makeWhole(made, 0o755, async (draft) => {
    const values = valuesOf(wanted, made)
    for (const folder of ['config', 'deploy'] as const) await fill(folder, draft[folder], values)
    await copyShippedFlows(draft.flows)
    await mkdir(draft.data, { mode: 0o700 })
    people = await firstPeople(draft.data, wanted)
    const secrets = Object.fromEntries(
      [...STATION_SECRETS, 'audit.key', 'metrics.token'].map((name) => [name, newPassword()]),
    )
    await writeFile(draft.secrets, `${JSON.stringify(secrets, undefined, 2)}\n`, { mode: 0o600 })
  })
  return { ...made, people }
}

/** Somebody who can log in to a new station, and the one-time password. */
export interface FirstPerson {
  readonly id: string
  readonly name: string
  readonly password: string
}

/** Who configures does not audit: two people from the beginning. */
async function firstPeople(data: string, { admin, auditor, osUser }: NewStation): Promise<readonly FirstPerson[]> {
  const register = new OperatorRegister({
    operators: [],
    save: (operators) => writePeople(data, operators),
    rules: () => peopleSchema.parse(undefined),
    clock: systemClock,
  })
  const by = `yizhan init (${osUser})`
  const first = await register.add(
    { id: admin, name: '管理员', roles: ['read', 'operate', 'configure'], osUsers: [osUser] },
    by,
  )
  const second = await register.add({ id: auditor, name: '审计员', roles: ['audit'] }, by)
  return [first, second].map(({ operator: { id, name }, password }) => ({ id, name, password }))
}

/** 120 random bits, without characters that a shell or a URL would take for something else. */
export function newPassword(): string {
  return randomBytes(15).toString('base64url').replaceAll('-', '0')
}

function valuesOf(wanted: NewStation, { root }: StationFolder): Readonly<Record<string, string>> {
  const { name, host, port, editorPort, user } = wanted
  const shownHost = host.includes(':') ? `[${host}]` : host
  return {
    name,
    host: JSON.stringify(host),
    port: String(port),
    editorPort: String(editorPort),
    publicUrl: JSON.stringify(wanted.publicUrl ?? `http://${shownHost}:${port}`),
    user,
    folder: root,
    node: process.execPath,
    schemas: join(projectHome(), 'config', 'schemas'),
    program: join(projectHome(), 'dist', 'station', 'cli.js'),
    // A station below /home or /root could not be seen otherwise.
    protectHome: /^\/(?:home|root|run\/user)\//u.test(`${root}/`) ? 'no' : 'yes',
  }
}

/** Templates of `config/new`, with their `${values}` filled in. */
async function fill(name: string, into: string, values: Readonly<Record<string, string>>): Promise<void> {
  const from = join(projectHome(), 'config', 'new', name)
  await mkdir(into)
  for (const file of await readdir(from)) {
    const text = (await readFile(join(from, file), 'utf8')).replace(/\$\{(\w+)\}/gu, (_, key: string) => {
      const value = values[key]
      if (value === undefined) throw new Error(`config/new/${name}/${file} asks for ${key}`)
      return value
    })
    await writeFile(join(into, file), text, { mode: 0o644 })
  }
}
