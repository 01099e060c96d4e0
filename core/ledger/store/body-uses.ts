import type { Stored } from '../rules/answer.ts'
import type { BodyUses } from '../rules/pruning.ts'
import { sql } from 'kysely'
import { build, prepare, type NoArguments, type Database } from '../statement.ts'

const DIGEST = /sha256:[0-9a-f]{64}/gu

/**
 * Which messages name which bodies. Found when retention asks and not when they are accepted, so that nobody waits for
 * it; known of every message up to a place that retention keeps.
 */
export class BodyUseStore implements BodyUses {
  readonly #texts
  readonly #after
  readonly #use
  readonly #unuse
  readonly #isUsed
  readonly #unused
  readonly #usedAgain
  readonly #next
  readonly #size
  readonly #drop
  readonly #last

  constructor(db: Database) {
    this.#texts = prepare(db, (p: { seq: number }) =>
      build
        .selectFrom('message as m')
        .leftJoin('raw as r', 'r.message', 'm.id')
        .leftJoin('repair as p', 'p.message', 'm.id')
        .select(['m.body', 'r.pieces', 'p.body as repaired'])
        .where('m.seq', '=', p.seq),
    )
    this.#after = prepare(db, (p: { seq: number; max: number }) =>
      build.selectFrom('message').select('seq').where('seq', '>', p.seq).orderBy('seq').limit(p.max),
    )
    this.#last = prepare(db, (_: NoArguments) => build.selectFrom('message').select((e) => e.fn.max('seq').as('seq')))
    this.#use = prepare(db, (p: { digest: Uint8Array; message: number }) =>
      build
        .insertInto('content_use')
        .values({ digest: p.digest, message: p.message })
        .onConflict((c) => c.columns(['digest', 'message']).doNothing()),
    )
    this.#unuse = prepare(db, (p: { digest: Uint8Array; message: number }) =>
      build.deleteFrom('content_use').where('digest', '=', p.digest).where('message', '=', p.message),
    )
    this.#isUsed = prepare(db, (p: { digest: Uint8Array }) =>
      build.selectFrom('content_use').select('message').where('digest', '=', p.digest).limit(sql.lit(1)),
    )
    this.#unused = prepare(db, (p: { digest: string; since: number }) =>
      build
        .insertInto('content_unused')
        .values({ digest: p.digest, since: p.since })
        .onConflict((c) => c.column('digest').doUpdateSet({ since: sql`excluded.since` })),
    )
    this.#usedAgain = prepare(db, (p: { digest: string }) =>
      build.deleteFrom('content_unused').where('digest', '=', p.digest),
    )
    this.#next = prepare(db, (p: { since: number; max: number }) =>
      build.selectFrom('content_unused').select('digest').where('since', '<=', p.since).orderBy('since').limit(p.max),
    )
    this.#size = prepare(db, (p: { digest: string }) =>
      build.selectFrom('content').select('size').where('digest', '=', p.digest),
    )
    this.#drop = prepare(db, (p: { digest: string }) => build.deleteFrom('content').where('digest', '=', p.digest))
  }

  async namedBy(seq: number): Promise<ReadonlySet<string>> {
    const texts = await this.#texts.all({ seq })
    return new Set(
      texts
        .flatMap(({ body, pieces, repaired }) => [body, pieces ?? '', repaired ?? ''])
        .flatMap((text) => text.match(DIGEST) ?? []),
    )
  }

  async after(seq: number, max: number): Promise<number[]> {
    return (await this.#after.all({ seq, max })).map((row) => row.seq)
  }

  async last(): Promise<number> {
    return (await this.#last.get({}))?.seq ?? 0
  }

  use(digest: string, message: number): Stored {
    return this.#use.run({ digest: bytesOf(digest), message })
  }

  async unuse(digest: string, message: number, now: number): Promise<void> {
    await this.#unuse.run({ digest: bytesOf(digest), message })
    if (!(await this.isUsed(digest)) && (await this.#size.get({ digest })) !== undefined)
      await this.#unused.run({ digest, since: now })
  }

  async isUsed(digest: string): Promise<boolean> {
    return (await this.#isUsed.get({ digest: bytesOf(digest) })) !== undefined
  }

  async unusedSince(since: number, max: number): Promise<string[]> {
    return (await this.#next.all({ since, max })).map(({ digest }) => digest)
  }

  usedAgain(digest: string): Stored {
    return this.#usedAgain.run({ digest })
  }

  async drop(digest: string): Promise<number> {
    const size = (await this.#size.get({ digest }))?.size ?? 0
    await this.#drop.run({ digest })
    await this.#usedAgain.run({ digest })
    return size
  }
}

function bytesOf(digest: string): Buffer {
  return Buffer.from(digest.slice('sha256:'.length), 'hex')
}
