import { Polling } from '../../core/adapter/polling.ts'
import type { Adapter, House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import type { Sender } from '../../core/delivery/port.ts'
import { YizhanError } from '../../core/errors/error.ts'
import { dialectOf, ONLY_CALLED, speaks } from './dialect.ts'
import { CentrePoll } from './docxg/poll.ts'
import { DocxgSender } from './docxg/sender.ts'
import { epointMount } from './epoint/mount.ts'
import { FileLinks } from '../kit/files/links.ts'
import { filesMount } from '../kit/files/mount.ts'
import { UnitCodes } from '../kit/exchange/units.ts'
import { describedMount } from './described/mount.ts'
import { yizhanMount } from './yizhan/mount.ts'
import { YizhanPush } from './yizhan/push.ts'

/**
 * The OA systems: our own SOAP service and the exchange centre of dialect A, which call us; the exchange centre of
 * dialect B and inbox services of our own dialect, which we call. See docs/systems/oa.md.
 */
export function createOaAdapter(house: House): Adapter {
  const units = new UnitCodes(house)
  const links = new FileLinks(house, 'oa')
  const polled = (): readonly SystemConfig[] =>
    house
      .city()
      .systems.filter(
        (system) => speaks(system, 'docxg') && system.roles.includes('we-call') && system.pollMs !== undefined,
      )
  const centres = new CentrePoll(house)
  const polling = new Polling(house, polled, centres.round)
  return {
    name: 'oa',
    mounts: [
      yizhanMount(house, units),
      epointMount(house, units),
      describedMount(house, units),
      filesMount(house, links),
    ],
    sender: (system) =>
      system.roles.includes('we-call') && system.url !== undefined ? senderOf(house, units, links, system) : undefined,
    start: () => polling.start(),
    async close() {
      await polling.close()
      centres.close()
    },
  }
}

function senderOf(house: House, units: UnitCodes, links: FileLinks, system: SystemConfig): Sender {
  switch (dialectOf(system.profile)) {
    case 'yizhan':
      return new YizhanPush(house, units, system)
    case 'docxg':
      return new DocxgSender(house, units, links, system)
    case 'epoint':
    case 'soap':
      throw new YizhanError('CONFIG_INVALID', { field: `${system.id}.roles`, value: 'we-call', rule: ONLY_CALLED })
  }
}
