import type { SystemConfig } from '../../../core/config/schema.ts'
import { oaSettings, oaSettingsOf } from '../settings.ts'

export const TEMPURI = 'http://tempuri.org/'

/**
 * What a 新点 exchange centre is asked to do, and the usual names of the operations. Only the first name is known from
 * real systems; the others are set in the OA as `URL?op=Name`, and here by `operations` of the system.
 */
export const USUAL_NAMES = {
  list: 'InboxArchive_Unreceipted',
  notices: 'InboxArchive_Notices',
  fetch: 'InboxArchive_Receive',
  sign: 'InboxArchive_Receipt',
  return: 'InboxArchive_Return',
  reply: 'InboxArchive_Reply',
  send: 'OutboxArchive_Send',
  withdraw: 'OutboxArchive_Withdraw',
} as const

export type Action = keyof typeof USUAL_NAMES

/** Actions for which a system's configuration has names of its own. */
export function actionsNamed({ settings }: Pick<SystemConfig, 'settings'>): readonly string[] {
  return Object.keys(oaSettings.safeParse(settings).data?.operations ?? {})
}

/** Those of them that there are not. */
export function unknownActions(system: Pick<SystemConfig, 'settings'>): readonly string[] {
  return actionsNamed(system).filter((action) => !(action in USUAL_NAMES))
}

/** The operations of a system by name: the usual ones where the configuration names no others. */
export function operationsOf(system: Pick<SystemConfig, 'settings'>): ReadonlyMap<string, Action> {
  return new Map(
    Object.entries({ ...USUAL_NAMES, ...oaSettingsOf(system).operations }).map(([action, name]) => [
      name,
      action as Action,
    ]),
  )
}

/** The string parameters of every operation, in order; the lists may do without the second, which names their unit. */
export const PARAMETERS = ['TokenBase64', 'ParasXml'] as const

/** The WS-Addressing action of an operation's answer; that of its request is `http://tempuri.org/` and its name. */
export function answerActionOf(operation: string): string {
  return `${TEMPURI}${operation}Response`
}
