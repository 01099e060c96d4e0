/** The city's systems beside the OAs; the ids are those of config/sandbox/systems.yaml. */
export const SYSTEMS = ['portal', 'sms', 'mail', 'archive', 'directory'] as const
export type SystemName = (typeof SYSTEMS)[number]

/** As whom the station logs in there; `portal` is the account with which the portal logs in to the station. */
export const LOGINS = { portal: 'portal', mail: 'yizhan', archive: 'yizhan' } as const

/** What the carrier has agreed with the city: SP_Id and Src_Id. */
export const CMPP = { account: '900001', accessNumber: '10690001' } as const

/** Secrets that both sides know, beside the accounts' passwords. */
export const SYSTEM_SECRETS = [
  'account.portal',
  'portal.query',
  'portal.callback',
  'sms.password',
  'mail.password',
  'archive.password',
  'directory.password',
  'directory.people',
] as const
