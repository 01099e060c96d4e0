import { accountSecret } from '../core/config/needed-secrets.ts'
import type { Secrets } from '../core/config/secrets.ts'
import type { AccountBook } from '../core/door/accounts.ts'
import type { Rejections } from '../core/door/rejections.ts'
import type { Clock } from '../core/util/clock.ts'
import type { City } from './city.ts'
import type { SecretsDesk } from './secrets-desk.ts'

export interface AccountBookParts {
  readonly city: () => City
  readonly secrets: Pick<Secrets, 'accepted'>
  readonly secretsDesk: Pick<SecretsDesk, 'usedOld'>
  readonly rejections: Pick<Rejections, 'note'>
  readonly clock: Clock
}

/** The accounts of the configuration in force, with their passwords, and who is told what of their logins. */
export function accountBook({ city, secrets, secretsDesk, rejections, clock }: AccountBookParts): () => AccountBook {
  return () => ({
    ...city().config,
    find: (text) => city().directory.find(text),
    boundTo: (unit, system) => city().bindings.systemOf(unit, clock.now()) === system,
    accepted: (account) => secrets.accepted(accountSecret(account), clock.now()),
    usedOld: (account, source, until) => secretsDesk.usedOld(account, source, until),
    elsewhere: ({ id, addresses = [] }, source) =>
      rejections.note(
        { code: 'account.elsewhere', at: clock.now(), actor: id, source, detail: `addresses: ${addresses.join(', ')}` },
        false,
      ),
  })
}
