import type { DirectoryChange, DirectoryChangesMessage } from '../../core/message/directory.ts'
import { register, type Red } from '../lib/red.ts'
import { chosen, startSource, type SourceDef, SOURCE_PROPERTIES } from '../lib/source.ts'

interface DirectoryInDef extends SourceDef {
  readonly of?: readonly DirectoryChange['of'][]
  readonly changes?: readonly string[]
  /** the first reading of a directory, in which everything is new */
  readonly first?: 'skip' | 'send'
  readonly systems?: readonly string[]
}

/** `directory in`: what has changed in the LDAP directory, and of that only what this flow wants to know. */
export default function (red: Red): void {
  register(
    red,
    'directory in',
    { ...SOURCE_PROPERTIES, of: true, changes: true, first: true, systems: true },
    (node, definition: DirectoryInDef) => {
      const systems = chosen(definition.systems)
      startSource(
        red,
        node,
        definition,
        { source: 'directory', kinds: ['directory-changes'], ...(systems && { systems }) },
        undefined,
        (msg) => (keepWanted(definition, msg) ? msg : [null]),
      )
    },
  )
}

/** Leaves in the message what is wanted; false when that is nothing. */
function keepWanted({ of, changes, first }: DirectoryInDef, msg: { readonly payload?: unknown }): boolean {
  const { directory } = msg.payload as DirectoryChangesMessage
  if (directory.before === undefined && first !== 'send') return false
  const [things, kinds] = [chosen(of), chosen(changes)]
  directory.changes = directory.changes.filter(
    (change) => (things?.includes(change.of) ?? true) && (kinds?.includes(change.kind) ?? true),
  )
  // What was left out of a long list might be wanted: that it is long is news enough.
  return directory.changes.length > 0 || directory.more > 0
}
