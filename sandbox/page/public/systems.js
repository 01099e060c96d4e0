import { api } from './api.js'
import { refreshArchive } from './archive.js'
import { refreshDirectory } from './directory.js'
import { rang, refreshMail, refreshPhones } from './notices.js'
import { drawModes, pulse, systems } from './panel.js'
import { refreshPortal } from './portal-panel.js'

/** Everything beside the OAs: fetched when the page opens, and whatever an event names thereafter. */

const PANELS = {
  portal: { panel: 'panel-portal', refresh: refreshPortal },
  sms: { panel: 'panel-notices', refresh: refreshPhones },
  mail: { panel: 'panel-notices', refresh: refreshMail },
  archive: { panel: 'panel-archive', refresh: refreshArchive },
  directory: { panel: 'panel-directory', refresh: refreshDirectory },
}

export async function openSystems() {
  const told = await api.systems()
  for (const { name, mode, wired } of told.systems) systems.set(name, { mode, wired })
  for (const { refresh } of Object.values(PANELS)) refresh()
  drawModes()
}

/** @param isNew false for what happened before the page was opened */
export function takeSystemEvent({ system, mode, phone, said }, isNew) {
  if (!isNew) return
  const { panel, refresh } = PANELS[system]
  if (mode !== undefined) {
    systems.set(system, { ...systems.get(system), mode })
    drawModes()
    return
  }
  if (said !== undefined) rang(phone)
  pulse(panel)
  refresh()
  // A person's phone and name stand in both.
  if (system === 'directory') refreshPhones()
}
