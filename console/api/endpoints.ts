import type {
  ActAnswer,
  ActBody,
  DeadGroup,
  DeadLetterView,
  DocumentView,
  Overview,
  PersonView,
  SessionView,
  TaskView,
} from './answers.ts'
import type { RepairField } from '../repair.ts'

interface Filter {
  readonly group?: string
  readonly system?: string
  readonly after?: string | undefined
}
interface Page<Item> {
  readonly items: readonly Item[]
  readonly next?: string
}
interface Many extends ActBody {
  readonly ids?: readonly string[]
  readonly group?: string
  readonly system?: string
}
interface WithPassword {
  readonly person: PersonView
  /** one-time: shown once */
  readonly password: string
}
type Id = Readonly<Record<'id', string>>
type Nothing = Readonly<Record<string, never>>

/** The addresses of the interface that the console asks: what is given, and what is answered. */
export interface Endpoints {
  readonly GET: {
    readonly '/api/v1/openapi.json': { answer: { readonly paths: Readonly<Record<string, unknown>> } }
    readonly '/api/v1/session': { answer: SessionView }
    readonly '/api/v1/people': { answer: readonly PersonView[] }
    readonly '/api/v1/overview': { answer: Overview }
    readonly '/api/v1/documents/{id}': { parts: Id; query: { readonly whole?: 'true' }; answer: DocumentView }
    readonly '/api/v1/dead-letters/groups': {
      answer: { readonly items: readonly DeadGroup[]; readonly more: boolean }
    }
    readonly '/api/v1/dead-letters': { query: Filter; answer: Page<DeadLetterView> }
    readonly '/api/v1/dead-letters/one': {
      query: Id & { readonly whole?: 'true' }
      answer: { readonly letter: DeadLetterView; readonly fields: readonly RepairField[] }
    }
    readonly '/api/v1/tasks': { answer: Page<TaskView> }
  }
  readonly POST: {
    readonly '/api/v1/session': {
      body: { readonly name: string; readonly password: string; readonly code?: string; readonly kind: 'browser' }
      answer: SessionView
    }
    readonly '/api/v1/people': {
      body: { readonly id: string; readonly name: string; readonly roles: readonly string[] }
      answer: WithPassword
    }
    readonly '/api/v1/people/{id}': { parts: Id; body: { readonly roles: readonly string[] }; answer: PersonView }
    readonly '/api/v1/people/{id}/reset': { parts: Id; body: Nothing; answer: WithPassword }
    readonly '/api/v1/people/{id}/lock': { parts: Id; body: { readonly reason: string }; answer: PersonView }
    readonly '/api/v1/people/{id}/unlock': { parts: Id; body: Nothing; answer: PersonView }
    readonly '/api/v1/people/{id}/remove': { parts: Id; body: Nothing; answer: PersonView }
    readonly '/api/v1/systems/{id}/pause': { parts: Id; body: ActBody; answer: ActAnswer }
    readonly '/api/v1/systems/{id}/resume': { parts: Id; body: ActBody; answer: ActAnswer }
    readonly '/api/v1/systems/{id}/try': { parts: Id; body: ActBody; answer: ActAnswer }
    readonly '/api/v1/dead-letters/repair': {
      body: ActBody & Id & { readonly changes: readonly { readonly path: string; readonly value?: unknown }[] }
      answer: ActAnswer
    }
    readonly '/api/v1/dead-letters/replay': { body: Many; answer: ActAnswer }
    readonly '/api/v1/dead-letters/drop': { body: Many; answer: ActAnswer }
    readonly '/api/v1/tasks/{id}/stop': { parts: Id; body: { readonly reason: string }; answer: ActAnswer }
  }
  readonly DELETE: { readonly '/api/v1/session': { answer: { readonly ended: true } } }
}
