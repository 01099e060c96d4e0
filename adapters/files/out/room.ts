import { YizhanError } from '../../../core/errors/error.ts'
import type { FilesLimits } from '../config.ts'
import type { Spool, Spooled } from './spool.ts'

/** What the files of one account's `out/` need. */
export interface OutParts {
  readonly account: string
  readonly spool: Spool
  readonly limits: () => FilesLimits
  /** something has changed that may make a file ready */
  readonly changed: () => void
}

/** @throws YizhanError FILES_LIMIT where so much more does not fit */
export function checkRoom(own: readonly Spooled[], limits: FilesLimits, files: number, bytes: number): void {
  if (files > 0 && own.length + files > limits.waitingFiles)
    throw new YizhanError('FILES_LIMIT', {
      rule: `out/ 中至多 ${limits.waitingFiles} 个文件 / files wait in out/ (settings.limits.waitingFiles)`,
    })
  if (bytes > 0 && own.reduce((sum, { size }) => sum + size, bytes) > limits.waitingBytes)
    throw new YizhanError('FILES_LIMIT', {
      rule: `out/ 中合计至多 ${limits.waitingBytes} 字节 / bytes wait in out/ (settings.limits.waitingBytes)`,
    })
}
