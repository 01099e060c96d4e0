import { chmod, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { narrowRights } from '../../../core/util/private-files.ts'

it('a folder that holds other things keeps its rights, and so do they, and what links lead to', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'yizhan-narrow-'))
  const mode = async (name: string): Promise<number> => (await stat(join(folder, name))).mode & 0o777
  try {
    await writeFile(join(folder, 'theirs'), '')
    await mkdir(join(folder, 'content'))
    await writeFile(join(folder, 'content', 'volume'), '')
    await symlink(join(folder, 'theirs'), join(folder, 'content', 'link'))
    for (const name of ['', 'theirs', 'content', 'content/volume']) await chmod(join(folder, name), 0o755)
    expect(await narrowRights(folder, ['content', 'ledger.db'])).toEqual({ narrowed: 2, open: [] })
    expect([await mode(''), await mode('theirs')]).toEqual([0o755, 0o755])
    expect([await mode('content'), await mode('content/volume')]).toEqual([0o700, 0o700])
    await rm(join(folder, 'theirs'))
    expect(await narrowRights(folder, ['content', 'ledger.db'])).toEqual({ narrowed: 1, open: [] })
    expect(await mode('')).toBe(0o700)
  } finally {
    await rm(folder, { recursive: true })
  }
})
