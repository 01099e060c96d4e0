import { YizhanError } from '../../../core/errors/error.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { textOf, type XmlElement } from '../../../core/mapping/xml/element.ts'
import { inTurns } from '../../../core/util/turns.ts'
import { questionFailure } from '../../kit/http/verdict.ts'
import { readAnswerRecord, textIn } from '../../kit/exchange/records.ts'

/** Failures that are about our user key: the next message would meet the same, so none is to blame. */
const ABOUT_ACCESS = /验证|权限|密钥|登录|userKey/i
/** Bare answers of operations that say yes or no. */
const NO = /^(?:false|fail|failed|failure|error|0|失败)$/i

/**
 * An exchange centre's answer: XML with SUCCESSINFO or FAILEDINFO somewhere in it or with rows of a list, or a bare
 * word.
 * Undefined for what is no XML. Rejects with SYSTEM_REFUSED and the centre's own words for a failure (SYSTEM_FAULT
 * where it is about our access).
 */
export async function readAnswer(
  system: string,
  profile: CompiledProfile,
  text: string,
): Promise<XmlElement | undefined> {
  const bare = text.trim()
  if (!bare.startsWith('<')) {
    if (NO.test(bare)) throw new YizhanError('SYSTEM_REFUSED', { field: system, detail: bare })
    return undefined
  }
  const { element } = await parsed(system, profile, bare)
  const failed = findAll(element, 'FAILEDINFO')[0]
  if (failed === undefined) return element
  const detail = allText(failed).trim().slice(0, 500)
  throw new YizhanError(ABOUT_ACCESS.test(detail) ? 'SYSTEM_FAULT' : 'SYSTEM_REFUSED', { field: system, detail })
}

/**
 * The centre's id for what it took: behind the last colon of SUCCESSINFO (`发送成功：<id>`), or the bare answer.
 * SYSTEM_FAULT, in doubt, for an answer that says neither yes nor no.
 */
export async function readSuccess(system: string, profile: CompiledProfile, text: string): Promise<string | undefined> {
  const root = await readAnswer(system, profile, text)
  const success = findAll(root, 'SUCCESSINFO')[0]
  const said = root === undefined ? text.trim() : success === undefined ? '' : allText(success).trim()
  if (said === '')
    throw new YizhanError('SYSTEM_FAULT', { field: system, detail: text.slice(0, 200) }, { inDoubt: true })
  const id =
    said
      .slice(-101)
      .split(/[：:\s]/)
      .at(-1) ?? ''
  return /^[\w{}-]{8,100}$/.test(id) ? id : undefined
}

/**
 * States of a document at its recipients, as the profile's table has them; none where the centre does not know the
 * document.
 */
export async function readStates(system: string, profile: CompiledProfile, text: string): Promise<readonly string[]> {
  try {
    return findAll(await readAnswer(system, profile, text), 'DOCSTATUSINFO').flatMap(
      (info) => textIn(readAnswerRecord(system, profile, 'DOCSTATUSINFO', info), 'state') ?? [],
    )
  } catch (error) {
    if (error instanceof YizhanError && error.code === 'SYSTEM_REFUSED') return []
    throw error
  }
}

/** How centres say that they do not know a document. */
const UNKNOWN = /没有|不存在|未找到|找不到|无此|未查|查无|not found|not exist|no such/i

/**
 * Whether the centre has this document: states of it say yes, an empty list or its word that there is none say no.
 *
 * @throws YizhanError STATUS_UNCLEAR for whatever else it answers: another copy must not hang on that
 */
export async function readKnown(system: string, profile: CompiledProfile, text: string): Promise<boolean> {
  try {
    const root = await readAnswer(system, profile, text)
    if (findAll(root, 'DOCSTATUSINFO').length > 0) return true
    if (findAll(root, 'DOCSTATUSINFOS').length > 0) return false
  } catch (thrown) {
    if (thrown instanceof YizhanError && thrown.code === 'SYSTEM_REFUSED' && UNKNOWN.test(thrown.facts.detail ?? ''))
      return false
    throw questionFailure(thrown, 200)
  }
  throw new YizhanError('STATUS_UNCLEAR', { field: system, detail: text.slice(0, 200) })
}

/** Elements of that name, wherever they stand. */
export function findAll(element: XmlElement | undefined, local: string): XmlElement[] {
  if (element === undefined) return []
  return element.local === local ? [element] : element.children.flatMap((child) => findAll(child, local))
}

async function parsed(
  system: string,
  profile: CompiledProfile,
  text: string,
): Promise<{ readonly element: XmlElement }> {
  try {
    return await inTurns(profile.parse(text))
  } catch (cause) {
    throw new YizhanError('SYSTEM_FAULT', { field: system, detail: text.slice(0, 200) }, { cause, inDoubt: true })
  }
}

function allText(element: XmlElement): string {
  return [textOf(element), ...element.children.map(allText)].join(' ')
}
