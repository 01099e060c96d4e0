import type { ArchiveFolders } from '../config.ts'

/** Where the parts of a batch stand on the server. */
export interface BatchPaths {
  /** while it is uploaded */
  readonly temporary: string
  /** when all of it is there */
  readonly final: string
  /** when the bureau may take it */
  readonly marker: string
  /** the same, where the bureau puts what it has taken */
  readonly taken: readonly string[]
}

export function placesOf(id: string, folders: Pick<ArchiveFolders, 'drop' | 'taken'>): BatchPaths {
  const final = `${folders.drop}/${id}`
  return {
    temporary: `${final}.tmp`,
    final,
    marker: `${final}.ok`,
    taken: folders.taken.map((folder) => `${folder}/${id}.ok`),
  }
}
