import { YizhanError } from '../../../core/errors/error.ts'
import { refuseUnknown } from '../../../core/message/whole.ts'

/**
 * The parameters of an address, each once, and none but these: what is not understood is not dropped.
 *
 * @throws YizhanError FIELD_UNKNOWN, FIELD_INVALID
 */
export function queryIn<Name extends string>(
  url: string,
  ...names: readonly Name[]
): Readonly<Partial<Record<Name, string>>> {
  const given = new URLSearchParams(url.split('?').slice(1).join('?'))
  const found = Object.fromEntries(given)
  refuseUnknown(found, names, 'query')
  for (const name of Object.keys(found))
    if (given.getAll(name).length > 1)
      throw new YizhanError('FIELD_INVALID', { field: `query.${name}`, value: '', rule: '只能给一次 / once only' })
  return found as Partial<Record<Name, string>>
}
