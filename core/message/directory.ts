import { z } from 'zod'
import { envelope } from './envelope.ts'

/** A unit or person of the directory that is new, gone, renamed or moved. */
export const directoryChange = z.object({
  of: z.enum(['unit', 'person']),
  kind: z.string().max(40),
  /** the directory's key (entryUUID) */
  id: z.string().max(200),
  /** our id of the unit, where the configuration knows it */
  unit: z.string().optional(),
  name: z.string().max(400),
  /** what it was before, in words */
  before: z.string().max(1000).optional(),
})
export type DirectoryChange = z.infer<typeof directoryChange>

/** 目录变更: what a synchronisation of the LDAP directory found. */
export const directoryChangesMessage = z.object({
  schema: z.literal('directory-changes/1'),
  kind: z.literal('directory-changes'),
  ...envelope,
  directory: z.object({
    /** SHA-256 of the whole directory, before (absent the first time) and after */
    before: z.string().optional(),
    revision: z.string(),
    units: z.number().int().nonnegative(),
    people: z.number().int().nonnegative(),
    /** at most a thousand; `more` says how many were left out */
    changes: z.array(directoryChange).max(1000),
    more: z.number().int().nonnegative(),
  }),
})
export type DirectoryChangesMessage = z.infer<typeof directoryChangesMessage>
