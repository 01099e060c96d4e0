import { serviceDn } from '../directory/entries.ts'
import type { CitySystems } from './systems.ts'
import type { SystemName } from './names.ts'

/** What the configuration cannot know beforehand: where the systems listen, and the bureau's host key. By system id. */
export function whereTheyAre({
  sms,
  mail,
  bureau,
  directory,
  portal,
}: CitySystems): Readonly<Record<SystemName, object>> {
  return {
    sms: { settings: { centre: { host: '127.0.0.1', port: sms.port } } },
    mail: { settings: { host: '127.0.0.1', port: mail.port } },
    archive: {
      settings: { server: { host: '127.0.0.1', port: bureau.host.port, hostKeys: [bureau.host.fingerprint] } },
    },
    directory: { settings: { url: directory.url, bindDn: serviceDn } },
    portal: { settings: { callback: { url: portal.callbackUrl } } },
  }
}
