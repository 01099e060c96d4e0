import type { LoginRole } from '../core/directory/people.ts'
import type { StationLink } from '../nodes/link/hops.ts'

/** Logins by way of the station, which knows the local administrator and asks the LDAP directory for everybody else. */
export function stationLogin(
  hops: () => Pick<StationLink, 'ask'>,
): (name: string, password: string) => Promise<LoginRole | undefined> {
  return async (name, password) => {
    try {
      const { role } = (await hops().ask('login', { name, password })) as { readonly role?: LoginRole }
      return role
    } catch {
      // A directory that does not answer is in the station's log (login.refused); to Node-RED, which would hang, nobody got in.
      return undefined
    }
  }
}
