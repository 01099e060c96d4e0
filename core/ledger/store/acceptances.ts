import type { Sqlite } from '../database.ts'
import { build, prepare } from '../statement.ts'

export const FINGERPRINT_KEY = 'fp:'

/** Submissions by the key that recognises them, and polled input that was refused. */
export class Acceptances {
  readonly #get
  readonly #insert
  readonly #forget
  readonly #refuse

  constructor(db: Sqlite) {
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
  ): { readonly message: string; readonly fingerprint: string; readonly at: number } | undefined {
    return this.#get.get({ system, key })
  }

  insert(system: string, key: string, fingerprint: string, message: string, at: number): void {
    this.#insert.run({ system, key, fingerprint, message, at })
  }

  /** The document is no longer live: the same content under a fingerprint key is a new submission from now on. */
  forgetFingerprint(system: string, fingerprint: string, message: string): void {
    this.#forget.run({ system, key: FINGERPRINT_KEY + fingerprint, message })
  }

  /** true the first time */
  refuse(system: string, external_id: string, at: number): boolean {
    return this.#refuse.run({ system, external_id, at }) === 1
  }
}
