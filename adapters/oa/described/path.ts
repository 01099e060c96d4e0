/** Where services that profiles describe are served. */
export const DESCRIBED_PREFIX = '/oa/soap'
/** What a described profile's name begins with; its service's address ends in the rest. */
const NAMED = 'soap-'

/** Where the service of a profile `soap-<name>` is: `/oa/soap/<name>`. */
export function describedPath(profile: string): string {
  return `${DESCRIBED_PREFIX}/${profile.slice(NAMED.length)}`
}
