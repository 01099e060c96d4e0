import type { Answer, Stored } from '../rules/answer.ts'
import type { Acceptances } from '../rules/stores.ts'
import { FINGERPRINT_KEY } from '../rules/fingerprint.ts'
import { build, prepare, type Database } from '../statement.ts'

/** Submissions by the key that recognises them, and polled input that was refused. */
export class AcceptanceStore implements Acceptances {
  readonly #get
  readonly #insert
  readonly #forget
  readonly #refuse

  constructor(db: Database) {
    this.#get = prepare(db, (p: { system: string; key: string }) =>
      build
        .selectFrom('acceptance')
        .select(['message', 'fingerprint', 'at'])
        .where('system', '=', p.system)
        .where('key', '=', p.key),
    )
    this.#insert = prepare(db, (p: { system: string; key: string; fingerprint: string; message: string; at: number }) =>
      build
        .insertInto('acceptance')
        .values({ system: p.system, key: p.key, fingerprint: p.fingerprint, message: p.message, at: p.at }),
    )
    this.#forget = prepare(db, (p: { system: string; key: string; message: string }) =>
      build
        .deleteFrom('acceptance')
        .where('system', '=', p.system)
        .where('key', '=', p.key)
        .where('message', '=', p.message),
    )
    this.#refuse = prepare(db, (p: { system: string; external_id: string; at: number }) =>
      build
        .insertInto('refusal')
        .values({ system: p.system, external_id: p.external_id, at: p.at })
        .onConflict((c) => c.columns(['system', 'external_id']).doNothing()),
    )
  }

  get(
    system: string,
    key: string,
  ): Answer<{ readonly message: string; readonly fingerprint: string; readonly at: number } | undefined> {
    return this.#get.get({ system, key })
  }

  insert(system: string, key: string, fingerprint: string, message: string, at: number): Stored {
    return this.#insert.run({ system, key, fingerprint, message, at })
  }

  forgetFingerprint(system: string, fingerprint: string, message: string): Stored {
    return this.#forget.run({ system, key: FINGERPRINT_KEY + fingerprint, message })
  }

  async refuse(system: string, external_id: string, at: number): Promise<boolean> {
    return (await this.#refuse.run({ system, external_id, at })) === 1
  }
}
