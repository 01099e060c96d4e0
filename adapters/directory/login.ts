import { AndFilter, EqualityFilter, FilterParser, OrFilter, PresenceFilter } from 'ldapts'
import { YizhanError, asYizhanError } from '../../core/errors/error.ts'
import { OPERATOR_ROLES, type OperatorRole } from '../../core/people/roles.ts'
import { titlesOf } from './assemble.ts'
import type { DirectoryClient, Session } from './client.ts'
import type { DirectoryConfig } from './config.ts'
import { firstOf, type DirectoryEntry } from './entry.ts'

/** Who has logged in. */
export interface LoggedIn {
  readonly uid: string
  readonly name: string
  /** the person's id in snapshots, where the directory tells a key */
  readonly person?: string
  /** one at least */
  readonly roles: readonly OperatorRole[]
}

export interface LoginParts {
  readonly config: DirectoryConfig
  readonly client: DirectoryClient
}

/**
 * Checks logins against the directory itself: passwords are never kept, so while it is down nobody logs in through it.
 */
export interface LoginCheck {
  /**
   * Searches the uid, binds as what was found with the password, then looks for a group or title that may log in.
   * Rejects with DIRECTORY_LOGIN_REFUSED (uid or password, which is not said), DIRECTORY_LOGIN_NOT_ALLOWED, or as
   * `DirectoryClient` does. Events, counting failures and locking out are the caller's.
   */
  check(uid: string, password: string, signal: AbortSignal): Promise<LoggedIn>
}

const longestUid = 128
const longestPassword = 1024

export function loginCheck(parts: LoginParts): LoginCheck {
  const { config, client } = parts
  return { check: (uid, password, signal) => check(config, client, uid, password, signal) }
}

async function check(
  config: DirectoryConfig,
  client: DirectoryClient,
  uid: string,
  password: string,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const isUsable =
    uid.trim() !== '' &&
    uid.length <= longestUid &&
    password !== '' &&
    password.length <= longestPassword &&
    !password.includes('\0')
  if (!isUsable) throw new YizhanError('DIRECTORY_LOGIN_REFUSED')
  const entry = await client.session(signal, (session) => find(session, config, uid))
  if (entry === undefined || !(await client.verify(entry.dn, password, signal)))
    throw new YizhanError('DIRECTORY_LOGIN_REFUSED')
  const roles = await client.session(signal, (session) => rolesOf(session, config, entry))
  if (roles.length === 0) throw new YizhanError('DIRECTORY_LOGIN_NOT_ALLOWED', { value: uid })
  return {
    uid: firstOf(entry, config.people.uid) ?? uid,
    name: firstOf(entry, config.people.name) ?? uid,
    ...(entry.key === undefined ? {} : { person: entry.key }),
    roles,
  }
}

/** The one person with this uid; undefined for none and for several. */
async function find(session: Session, config: DirectoryConfig, uid: string): Promise<DirectoryEntry | undefined> {
  const { people, base, key } = config
  const filter = new AndFilter({
    filters: [FilterParser.parseString(people.filter), new EqualityFilter({ attribute: people.uid, value: uid })],
  })
  const found = await session.all({
    base: people.base ?? base,
    scope: 'sub',
    filter,
    attributes: [people.uid, people.name, people.title, key],
  })
  return found.length === 1 ? found[0] : undefined
}

/** What `admin` gives: as in the first release, everything but the audit. */
const ADMIN: readonly OperatorRole[] = ['read', 'operate', 'configure']

async function rolesOf(
  session: Session,
  config: DirectoryConfig,
  entry: DirectoryEntry,
): Promise<readonly OperatorRole[]> {
  const titles = titlesOf(entry, config)
  const found = new Set<OperatorRole>()
  for (const given of ['admin', ...OPERATOR_ROLES] as const) {
    const right = config.login?.[given]
    if (right === undefined) continue
    let has = right.titles.some((title) => titles.includes(title))
    for (const group of right.groups) has ||= await isMember(session, config, group, entry)
    if (has) for (const role of given === 'admin' ? ADMIN : [given]) found.add(role)
  }
  return OPERATOR_ROLES.filter((role) => found.has(role))
}

/** groupOfNames, groupOfUniqueNames (RFC 4519 2.17, 2.40) and posixGroup (RFC 2307). */
async function isMember(
  session: Session,
  config: DirectoryConfig,
  group: string,
  entry: DirectoryEntry,
): Promise<boolean> {
  const uid = firstOf(entry, config.people.uid)
  const members = [
    new EqualityFilter({ attribute: 'member', value: entry.dn }),
    new EqualityFilter({ attribute: 'uniqueMember', value: entry.dn }),
    ...(uid === undefined ? [] : [new EqualityFilter({ attribute: 'memberUid', value: uid })]),
  ]
  const filter = new AndFilter({
    filters: [new PresenceFilter({ attribute: 'objectClass' }), new OrFilter({ filters: members })],
  })
  try {
    return (await session.all({ base: group, scope: 'base', filter, attributes: ['1.1'] })).length > 0
  } catch (error) {
    // A group that does not exist has no members; that it is configured wrongly shows in that nobody gets in.
    if (isNoSuchObject(error)) return false
    throw error
  }
}

function isNoSuchObject(error: unknown): boolean {
  const { cause } = asYizhanError(error)
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 32
}
