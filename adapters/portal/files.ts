import { FileLinks } from '../kit/files/links.ts'
import type { House } from '../../core/adapter/port.ts'
import type { FileRef } from '../../core/message/schema.ts'
import type { FileSource, PortalFile } from './port.ts'

/** Files of a message as a portal gets them. */
export function portalFiles(files: readonly FileRef[]): PortalFile[] {
  return files.map(({ name, mediaType, size, digest }) => ({ name, mediaType, size, digest }))
}

/** By the addresses that all systems fetch files from, or out of the content store. */
export function fileSource(house: House): FileSource {
  const links = new FileLinks(house, 'portal')
  return { link: (file) => links.urlOf(file), read: (digest) => house.content.read(digest) }
}
