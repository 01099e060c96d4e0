import { derivedId } from './ids.ts'
import type { Message } from './schema.ts'
import { wholeMessage } from './whole.ts'

/** What a flow gives for a new message: at least its kind; what is left out comes from the message it derives from. */
export type MessageDraft = Readonly<Record<string, unknown>> & { readonly kind?: unknown }

/**
 * A whole message out of what a flow put together. Its id is computed from its parent and its role (the node that puts
 * it out), so that the same work done twice yields it once; it inherits trace, urgency, `mustNotReach`
 * and the number, but for a petition's: that is the citizen's query code, which opens it to whoever holds it.
 * FIELD_INVALID names the field of `msg.payload` that breaks the schema, FIELD_UNKNOWN one that it does not have.
 */
export function deriveMessage(draft: MessageDraft, parent: Message, role: string): Message {
  const reach = [
    ...new Set([
      ...(parent.mustNotReach ?? []),
      ...(Array.isArray(draft['mustNotReach']) ? (draft['mustNotReach'] as string[]) : []),
    ]),
  ]
  const candidate = {
    from: parent.from,
    recipients: [],
    urgency: parent.urgency,
    number: parent.number,
    files: [],
    ...draft,
    schema: typeof draft['schema'] === 'string' ? draft['schema'] : `${String(draft.kind)}/1`,
    id: derivedId(parent.id, role),
    trace: parent.trace,
    parent: parent.id,
    acceptedAt: parent.acceptedAt,
    origin: {
      system: 'flow',
      ...(typeof draft['origin'] === 'object' && parent.id === draft['id'] ? parent.origin : {}),
    },
    ...(reach.length === 0 ? {} : { mustNotReach: reach }),
    ...(parent.kind === 'petition' && draft.kind !== 'petition' ? withoutCode(draft, parent.number) : {}),
  }
  return wholeMessage(candidate, 'msg.payload')
}

function withoutCode(draft: MessageDraft, code: string | undefined): object {
  const { number = code, about } = draft
  const isNamed = typeof about === 'object' && about !== null && 'number' in about && about.number === code
  return {
    ...(number === code ? { number: undefined } : {}),
    ...(isNamed ? { about: { ...about, number: undefined } } : {}),
  }
}
