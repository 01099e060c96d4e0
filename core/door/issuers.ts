import type { UnitDirectory } from '../directory/port.ts'
import { YizhanError } from '../errors/error.ts'
import type { Party } from '../message/envelope.ts'
import { compact } from '../text/normal.ts'
import type { DraftIssuer } from './port.ts'

const FIELD = '发文机关'

/**
 * Who issues a document: several for a joint one (联合行文), else undefined. Names stay as written; one of our units
 * has its id too. The first of them that is a unit of ours is the sender: it leads (主办), or sends for others that are
 * no units of ours, so that nobody issues in another's name or under its number.
 *
 * @throws YizhanError ISSUER_TWICE, LEAD_NOT_SENDER, FIELD_INVALID
 */
export function resolveIssuers(
  issuers: readonly DraftIssuer[] | undefined,
  directory: UnitDirectory,
  sender: { readonly id: string; readonly name: string },
): Party[] | undefined {
  const parties = (issuers ?? []).flatMap((issuer) => partiesOf(issuer, directory))
  if (parties.length < 2) return undefined
  const seen = new Set<string>()
  for (const { unit, name } of parties) {
    const key = unit === undefined ? `name ${compact(name)}` : `unit ${unit}`
    if (seen.has(key)) throw new YizhanError('ISSUER_TWICE', { field: FIELD, value: name })
    seen.add(key)
  }
  const ours = parties.find(({ unit }) => unit !== undefined)
  if (ours !== undefined && ours.unit !== sender.id)
    throw new YizhanError('LEAD_NOT_SENDER', { field: FIELD, value: ours.name, rule: sender.name })
  return parties
}

/** How the sender calls itself, where the directory does not know that as its name. */
export function ownName(
  issuers: readonly DraftIssuer[] | undefined,
  directory: UnitDirectory,
  sender: { readonly id: string },
): string | undefined {
  const name = issuers?.[0]?.name
  return name === undefined || directory.find(name)?.id === sender.id ? undefined : name
}

function partiesOf({ name, code }: DraftIssuer, directory: UnitDirectory): Party[] {
  const byCode = code === undefined ? undefined : directory.find(code)
  if (name === undefined || name === '') {
    if (byCode !== undefined) return [{ unit: byCode.id, name: byCode.name }]
    throw new YizhanError('FIELD_INVALID', { field: FIELD, value: code ?? '', rule: '须有名称 / needs a name' })
  }
  const known = directory.find(name)
  if (known !== undefined && byCode !== undefined && known.id !== byCode.id)
    throw new YizhanError('FIELD_INVALID', {
      field: FIELD,
      value: `${name}（${code ?? ''}）`,
      rule: `名称与代码须是同一单位；代码是 / name and code must be one unit’s; the code is that of ${byCode.name}`,
    })
  const unit = known ?? byCode
  if (unit !== undefined) return [{ unit: unit.id, name }]
  return piecesOf(name, directory).map((piece) => {
    const found = directory.find(piece)
    return found === undefined ? { name: piece } : { unit: found.id, name: piece }
  })
}

/** Semicolons separate; commas do where a piece is a unit of ours, as there are names with commas inside. */
function piecesOf(text: string, directory: UnitDirectory): string[] {
  return split(text, /[;；]/u).flatMap((piece) => {
    if (directory.find(piece) !== undefined) return [piece]
    const parts = split(piece, /[、，,]/u)
    return parts.some((part) => directory.find(part) !== undefined) ? parts : [piece]
  })
}

function split(text: string, separator: RegExp): string[] {
  return text
    .split(separator)
    .map((part) => part.trim())
    .filter((part) => part !== '')
}
