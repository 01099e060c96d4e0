import type { Bureau } from '../archive/bureau.ts'
import type { SandboxDirectory } from '../directory/directory.ts'
import type { SandboxMailServer } from '../mail/server.ts'
import type { PortalSite } from '../portal/site.ts'
import type { SmsCentre } from '../sms/centre.ts'

/**
 * `off`: connections are refused. `hang`: taken, and nothing is answered. `garbage`: answered with what is no answer.
 */
export const MODES = ['on', 'off', 'hang', 'garbage'] as const
export type Mode = (typeof MODES)[number]

/** Something that can be put into a mode. Open connections end with every change, and the port stays. */
export type Put = (mode: Mode) => Promise<void>

/** On a change the server is down for a moment: a client that was logged in would not notice otherwise. */
async function restart(
  mode: Mode,
  off: () => Promise<void>,
  on: () => Promise<void>,
  behave: () => void,
): Promise<void> {
  await off()
  behave()
  if (mode !== 'off') await on()
}

export function smsModes(centre: SmsCentre): Put {
  return (mode) =>
    restart(
      mode,
      () => centre.switchOff(),
      () => centre.switchOn(),
      () => centre.behave(mode === 'hang' || mode === 'garbage' ? mode : 'well'),
    )
}

export function mailModes(server: SandboxMailServer): Put {
  return (mode) =>
    restart(
      mode,
      () => server.switchOff(),
      () => server.switchOn(),
      () => {
        server.mood = mode === 'hang' ? 'silent' : mode === 'garbage' ? 'garbage' : 'well'
      },
    )
}

export function archiveModes({ host }: Bureau): Put {
  return (mode) =>
    restart(
      mode,
      () => host.switchOff(),
      () => host.switchOn(),
      () => {
        host.hang(mode === 'hang')
        host.garbage(mode === 'garbage')
      },
    )
}

export function directoryModes(directory: SandboxDirectory): Put {
  return (mode) => directory.switch(mode)
}

/** The citizens' page stays while call-backs hang or get garbage. */
export function portalModes(site: PortalSite): Put {
  return (mode) =>
    restart(
      mode,
      () => site.switchOff(),
      () => site.switchOn(),
      () => {
        site.mood = mode === 'hang' ? 'silent' : mode === 'garbage' ? 'garbage' : 'well'
      },
    )
}
