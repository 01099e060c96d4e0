import type { RemoteFiles } from './port.ts'

/** A path in a folder that nothing has: others may use a name again, and nothing that was kept is overwritten. */
export async function freePath(files: Pick<RemoteFiles, 'stat'>, folder: string, name: string): Promise<string> {
  const [, stem = name, extension = ''] = /^(.*)(\.[^.]*)$/s.exec(name) ?? []
  for (let copy = 1; ; copy++) {
    const path = `${folder}/${copy === 1 ? name : `${stem}.${copy}${extension}`}`
    if ((await files.stat(path)) === undefined) return path
  }
}
