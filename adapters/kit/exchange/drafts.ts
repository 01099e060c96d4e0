import type { House } from '../../../core/adapter/port.ts'
import type { AcceptanceAnswer, OaDraft } from '../../../core/door/port.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import type { XmlElement } from '../../../core/mapping/xml/element.ts'
import { ProfileError } from '../../../core/mapping/profile/problems.ts'
import type { Unread } from '../../../core/message/schema.ts'
import { failpoint } from '../../../core/util/failpoint.ts'
import type { Caller } from './caller.ts'
import { rawRecord } from './raw.ts'
import { bookRefusal } from './refusal.ts'

/** Takes files that are to stand beside an answer instead of in it. */
export interface Attaching {
  /** puts a body beside the answer; the address by which the answer names it */
  readonly add: (bytes: Buffer) => string
  /** forgets what was added: the answer is written once more */
  readonly clear: () => void
}

/** A request that brings a message: who sent it, and the bytes as they came. */
export interface Bringing {
  readonly caller: Caller
  readonly profile: CompiledProfile
  readonly bytes: Buffer
  readonly contentType: string
  /** what came beside the envelope: bytes by the address that names them */
  readonly attached?: ReadonlyMap<string, Buffer> | undefined
  readonly attachments?: Attaching | undefined
  /** local name of the element that holds a password, to be blotted out of the record */
  readonly secret?: string | undefined
}

/** Reads a form as a draft. What the dialect's rules refuse is booked here; the door books what it refuses itself. */
export async function readDraft<T extends OaDraft['kind']>(
  house: House,
  bringing: Pick<Bringing, 'caller' | 'profile' | 'attached'>,
  form: string,
  kind: T,
  element: XmlElement,
): Promise<Extract<OaDraft, { kind: T }>> {
  const { attached } = bringing
  try {
    const {
      draft: read,
      quirks,
      unread,
    } = bringing.profile.read(form, element, attached === undefined ? {} : { attached })
    const draft = withUnread(read, unread)
    noteQuirks(house, bringing.caller, quirks)
    if (draft.kind !== kind)
      throw new YizhanError('INTERNAL', {
        detail: `form ${form} of profile ${bringing.profile.id} gives ${draft.kind}`,
      })
    return draft as Extract<OaDraft, { kind: T }>
  } catch (thrown) {
    const error = asRefusal(thrown)
    if (error instanceof YizhanError && error.status < 500) await bookRefusal(house, error, bringing.caller)
    throw error
  }
}

/** What the dialect does not describe stays with the message. */
export function withUnread(draft: OaDraft, unread: readonly Unread[]): OaDraft {
  return unread.length === 0 ? draft : { ...draft, unread }
}

/**
 * A dialect's refusal of what bears the marks of a classified document is that of the house: nothing of it is said or
 * kept.
 */
export function asRefusal(thrown: unknown): unknown {
  return thrown instanceof ProfileError && thrown.classified
    ? new YizhanError('CLASSIFIED', {
        field: thrown.facts.field,
        rule: '密级、保密期限、份号或涉密标志 / class, period, copy number or mark',
      })
    : thrown
}

/** Brings a draft to the door, with the record of its bytes. */
export async function bring(house: House, bringing: Bringing, draft: OaDraft): Promise<AcceptanceAnswer> {
  failpoint('accept.decoded')
  const raw = rawRecord(bringing.bytes, bringing.contentType, draft.files ?? [], bringing.secret)
  return house.door.accept(bringing.caller.account, draft, raw)
}

export function noteQuirks(
  house: Pick<House, 'clock' | 'emit'>,
  caller: Pick<Caller, 'system'> & { readonly account?: Caller['account'] },
  quirks: readonly string[],
): void {
  if (quirks.length === 0) return
  house.emit.emit({
    code: 'profile.quirk',
    at: house.clock.now(),
    system: caller.system.id,
    actor: caller.account?.id,
    detail: quirks.join('; '),
  })
}
