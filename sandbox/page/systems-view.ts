import type { CitySystems } from '../systems/systems.ts'
import { SYSTEMS } from '../systems/names.ts'

/** What the page's panels show of the systems beside the OAs. Lists are newest first, and bounded. */

const MOST = { shelved: 600, batches: 60, told: 60, mails: 150, texts: 200 }

/** @param wired ids of the systems that the station's configuration has */
export function systemsView(systems: CitySystems, wired: readonly string[]): object {
  return {
    systems: SYSTEMS.map((name) => ({ name, mode: systems.mode(name), wired: wired.includes(name) })),
    portal: systems.portal.url,
  }
}

export function archiveView({ bureau: { shelves } }: CitySystems): object {
  return {
    total: shelves.items.length,
    repeated: shelves.repeated,
    shelved: shelves.items.slice(-MOST.shelved).map(({ batch, position, archiveNumber, title, number, files }) => ({
      batch,
      position,
      archiveNumber,
      title,
      number,
      files: files.length,
    })),
    batches: shelves.verdicts
      .slice(-MOST.batches)
      .reverse()
      .map((verdict) => ({ ...verdict, count: shelves.items.filter((item) => item.batch === verdict.batch).length })),
  }
}

/**
 * One batch: its files, and its DBF read by dbffile. What cannot be read is said, for a refused batch may be broken.
 */
export async function batchView({ bureau }: CitySystems, batch: string): Promise<object> {
  const files = await bureau.files(batch)
  const table = await bureau.catalogue(batch).catch((error: unknown) => ({
    fields: [],
    rows: [],
    error: error instanceof Error ? error.message : String(error),
  }))
  return { batch, files, table }
}

export function directoryView({ directory }: CitySystems): object {
  const { units, people } = directory.tree
  return {
    units: units.map(({ uuid, id, name, codes, parent }) => ({ uuid, id, name, codes, parent })),
    people: people.map(({ uid, name, title, mobile, mail, unit }) => ({ uid, name, title, mobile, mail, unit })),
  }
}

export function portalView({ portal: { store, url }, portal }: CitySystems): object {
  const plain = (code: string): string => code.replaceAll('-', '').toUpperCase()
  const told = store.items('petitions')
  return {
    url,
    filed: store.filed
      .slice(-MOST.told)
      .reverse()
      .map((filed) => {
        const about = told.filter((item) => plain(item.about?.queryCode ?? '') === plain(filed.queryCode))
        const reply = about.findLast((item) => item.kind === 'reply')
        return {
          ...filed,
          state: about.findLast((item) => item.kind === 'state')?.stateText,
          ...(reply === undefined ? {} : { reply: { text: reply.text, from: reply.from } }),
        }
      }),
    filedTotal: store.filed.length,
    publications: portal
      .publications()
      .slice(0, MOST.told)
      .map(({ current, revisions }) => ({
        id: current.publication?.id,
        title: current.title,
        from: current.from,
        state: current.publication?.state,
        revisions,
        at: current.at ?? current.receivedAt,
      })),
  }
}

/** Phones that rang, the last one first, and everybody who could be rung. */
export function phonesView(systems: CitySystems): object {
  const owners = ownersOf(systems)
  const rang = systems.sms.phones.map((number) => {
    const texts = systems.sms.received(number)
    return { number, owner: owners.get(number), count: texts.length, last: texts.at(-1) }
  })
  return {
    rang: rang.sort((one, other) => ((one.last?.receivedAt ?? '') < (other.last?.receivedAt ?? '') ? 1 : -1)),
    total: rang.reduce((sum, { count }) => sum + count, 0),
    logins: systems.sms.logins,
    unconfirmed: systems.sms.unconfirmed,
  }
}

/** One phone's screen: what came and what was written, in order. */
export function phoneView(systems: CitySystems, number: string): object {
  const came = systems.sms
    .received(number)
    .map(({ text, from, receivedAt }) => ({ way: 'in', text, from, at: receivedAt }))
  const wrote = systems.written
    .filter(({ phone }) => phone === number)
    .map(({ text, to, at }) => ({ way: 'out', text, from: to, at }))
  return {
    number,
    owner: ownersOf(systems).get(number),
    texts: [...came, ...wrote].sort((one, other) => (one.at < other.at ? -1 : 1)).slice(-MOST.texts),
  }
}

export function mailView({ boxes }: CitySystems): object {
  const all = boxes.addresses
    .flatMap((address) => boxes.mails(address))
    .sort((one, other) => (one.receivedAt < other.receivedAt ? 1 : -1))
  return { total: all.length, boxes: boxes.addresses.length, mails: all.slice(0, MOST.mails) }
}

/** Whose a number is, by the directory. */
export function ownersOf({
  directory,
}: CitySystems): ReadonlyMap<string, { readonly name: string; readonly title: string; readonly unit: string }> {
  const { units, people } = directory.tree
  const names = new Map(units.map(({ uuid, name }) => [uuid, name]))
  return new Map(people.map(({ mobile, name, title, unit }) => [mobile, { name, title, unit: names.get(unit) ?? '' }]))
}
