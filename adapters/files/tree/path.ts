import { YizhanError } from '../../../core/errors/error.ts'
import { readName, type NameEncoding } from '../../kit/remote/names.ts'
import type { Path } from './port.ts'

export interface PathLimits {
  /** one path as it comes, bytes */
  readonly pathBytes: number
  /** one name, bytes of UTF-8 */
  readonly nameBytes: number
  /** names in a path */
  readonly depth: number
}

// eslint-disable-next-line no-control-regex
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/

/**
 * A client's path below its root, whatever `.`, `..` and slashes stand in it: nothing leads out of the root.
 *
 * @throws YizhanError FILES_PATH
 */
export function readPath(bytes: Buffer, encoding: NameEncoding, limits: PathLimits): Path {
  if (bytes.length > limits.pathBytes)
    throw unusable(`${bytes.length} bytes`, `至多 ${limits.pathBytes} 字节 / at most ${limits.pathBytes} bytes`)
  const text = readName(bytes, encoding)
  if (text === undefined)
    throw unusable(
      bytes.subarray(0, 40).toString('hex'),
      `此账号的文件名为 ${encoding} / names of this account are ${encoding} (settings: names: ${encoding === 'gbk' ? 'utf-8' : 'gbk'})`,
    )
  return pathOf(text, limits)
}

/** The same of a path that is text already. */
export function pathOf(text: string, limits: PathLimits): Path {
  const path: string[] = []
  for (const step of text.split('/')) {
    if (step === '' || step === '.') continue
    if (step === '..') {
      path.pop()
      continue
    }
    if (CONTROLS.test(step)) throw unusable(JSON.stringify(step), '不含控制字符 / no control characters')
    if (Buffer.byteLength(step) > limits.nameBytes)
      throw unusable(
        step.slice(0, 40),
        `文件名至多 ${limits.nameBytes} 字节 / a name has at most ${limits.nameBytes} bytes (UTF-8)`,
      )
    path.push(step)
  }
  if (path.length > limits.depth)
    throw unusable(String(path.length), `至多 ${limits.depth} 级目录 / at most ${limits.depth} levels`)
  return path
}

function unusable(value: string, rule: string): YizhanError {
  return new YizhanError('FILES_PATH', { value, rule })
}
