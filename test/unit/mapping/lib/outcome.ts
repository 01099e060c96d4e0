import { YizhanError } from '../../../../core/errors/error.ts'
import { textOf, type XmlElement } from '../../../../core/mapping/xml/element.ts'

/** The error of ours that `act` throws; anything else is thrown on, and nothing thrown is a failure. */
export function errorOf(act: () => unknown): YizhanError {
  try {
    act()
  } catch (thrown) {
    if (thrown instanceof YizhanError) return thrown
    throw thrown
  }
  throw new Error('nothing was thrown')
}

/** A tree in which it no longer shows whether a content was cut out. */
export interface Plain {
  readonly local: string
  readonly uri: string
  readonly attributes: readonly (readonly [string, string])[]
  readonly text: string
  readonly line: number | undefined
  readonly children: readonly Plain[]
}

export function plain(element: XmlElement, lines: 'lines' | 'no lines' = 'lines'): Plain {
  return {
    local: element.local,
    uri: element.uri,
    attributes: [...element.attributes],
    text: textOf(element),
    line: lines === 'lines' ? element.line : undefined,
    children: element.children.map((child) => plain(child, lines)),
  }
}
