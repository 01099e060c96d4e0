import type { Adapter, House } from '../../core/adapter/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { UnitCodes } from '../kit/exchange/units.ts'
import { restMount } from './in/mount.ts'
import { RestPush } from './out/push.ts'

/** OA systems that speak JSON over HTTP, with OAuth2 tokens. See docs/systems/rest.md. */
export function createRestAdapter(house: House): Adapter {
  const units = new UnitCodes(house)
  return {
    name: 'rest',
    mounts: [restMount(house, units)],
    sender: (system) =>
      system.roles.includes('we-call') && system.url !== undefined ? new RestPush(house, units, system) : undefined,
    configured() {
      for (const { id, adapter, profile } of house.city().systems)
        if (adapter === 'rest' && !house.profile(profile).syntaxes.includes('json'))
          throw new YizhanError('CONFIG_INVALID', {
            field: `systems.yaml: ${id}.profile`,
            value: profile,
            rule: `profiles/${profile}.yaml: syntax json`,
          })
      return Promise.resolve()
    },
    start: () => undefined,
    close: () => Promise.resolve(),
  }
}
