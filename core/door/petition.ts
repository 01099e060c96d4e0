import { hash } from 'node:crypto'
import type { UnitDirectory } from '../directory/port.ts'
import { newMessageId } from '../message/ids.ts'
import { isReport, petitionMessage, type PetitionMessage, type PetitionReview } from '../message/schema.ts'
import { fitting } from '../errors/fitting.ts'
import type { DoorParts, Prepared } from './parts.ts'
import { takeFiles } from './files.ts'
import type { Account, PetitionDraft } from './port.ts'
import { keptAsWritten, type AsWritten } from './written.ts'

/**
 * A citizen's petition as a whole message. The units that it reports on never get it (信访工作条例 2022, Art. 30):
 * those that it may mean are kept out until the petition office has decided. The same content under another id of the
 * portal's is the same petition.
 */
export function preparePetition(
  parts: DoorParts,
  account: Account,
  draft: PetitionDraft,
  asWritten: AsWritten,
): Prepared {
  const station = parts.station()
  const { refs, bodies } = takeFiles(draft.files, station.limits.documentBytes)
  const now = parts.clock.now()
  const id = draft.id ?? newMessageId(station.name, now)
  const directory = parts.directory()
  const review = reviewOf(draft, directory, station.petitions.offices, now)
  const hidden = withSuccessors(review?.proposed.map(({ unit }) => unit) ?? [], directory, now)
  const candidate: PetitionMessage = {
    schema: 'petition/1',
    kind: 'petition',
    id,
    trace: id,
    number: draft.codeOf(id),
    from: { name: '信访人 petitioner' },
    recipients: [],
    urgency: draft.urgency ?? 'ordinary',
    acceptedAt: new Date(now).toISOString(),
    origin: { system: account.system, account: account.id, externalId: draft.externalId },
    files: refs,
    ...keptAsWritten(asWritten),
    petition: draft.petition,
    ...(hidden.length === 0 ? {} : { mustNotReach: hidden }),
    ...(review === undefined ? {} : { review }),
  }
  const message = fitting(petitionMessage, candidate)
  const content = [draft.petition, refs]
  return {
    message,
    bodies,
    content,
    key: draft.externalId === undefined ? undefined : `id:${account.id}:${draft.externalId}`,
    // What is claimed is the content itself: whoever sends it again, under whatever id, gets the first answer.
    claimsNumber: { issuer: `petition ${account.system}`, number: hash('sha256', JSON.stringify(content), 'hex') },
    ...(review === undefined ? {} : { notes: [{ code: 'petition.held' as const, detail: heldDetail(review) }] }),
  }
}

/** Who took over an accused unit is that unit: its people sit there now. */
export function withSuccessors(
  units: readonly string[],
  directory: Pick<UnitDirectory, 'receiverOf'>,
  at: number,
): string[] {
  return [...new Set(units.flatMap((unit) => [unit, directory.receiverOf(unit, at).id]))]
}

/**
 * Undefined for a petition that reports on nobody: a unit that it names is then no accused, and routing is automatic.
 */
function reviewOf(
  { petition, files }: PetitionDraft,
  directory: UnitDirectory,
  offices: readonly string[],
  now: number,
): PetitionReview | undefined {
  const report = isReport(petition.purpose)
  const filled = petition.accused !== undefined && petition.accused.trim() !== ''
  if (!report && !filled) return undefined
  const annexes = files.filter(({ role }) => role === 'annex').map(({ name }) => name)
  const proposed = proposals(directory, [
    ['accused', petition.accused ?? ''],
    ['title', petition.title],
    ['text', petition.text],
    ...annexes.map((name) => ['files', name] as const),
  ])
  const hidden = withSuccessors(
    proposed.map(({ unit }) => unit),
    directory,
    now,
  )
  const office = offices
    .map((name) => directory.find(name))
    .find((unit) => unit !== undefined && !hidden.includes(unit.id))
  // An accused field in which nobody is recognised may mean anybody.
  const recognised = proposed.some(({ where }) => where.includes('accused'))
  return {
    state: 'pending',
    officeFirst: report || !recognised,
    ...(office === undefined ? {} : { office: { unit: office.id, name: office.name } }),
    proposed,
  }
}

type Where = PetitionReview['proposed'][number]['where'][number]

function proposals(
  directory: Pick<UnitDirectory, 'mentions'>,
  texts: readonly (readonly [where: Where, text: string])[],
): PetitionReview['proposed'] {
  const found = new Map<string, { unit: string; name: string; as: string; where: Where[] }>()
  for (const [where, text] of texts)
    for (const { id, name, as } of directory.mentions(text)) {
      const before = found.get(id)
      if (before === undefined) found.set(id, { unit: id, name, as, where: [where] })
      else if (!before.where.includes(where)) before.where.push(where)
    }
  return [...found.values()]
}

function heldDetail({ officeFirst, office, proposed }: PetitionReview): string {
  const names = proposed.map(({ name, as }) => `${name}（${as}）`).join('、')
  return [
    officeFirst ? `先交${office?.name ?? '—'} to the office first` : `${office?.name ?? '—'}核定 to decide`,
    `拟列为被反映单位 proposed as accused: ${names === '' ? '—' : names}`,
  ].join('；')
}
