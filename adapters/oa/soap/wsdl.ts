import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectHome } from '../../../core/config/home.ts'

/** A file of this adapter's folder, or of the project's, as it lies in the source tree; also when the code runs from `dist/`. */
export function projectFile(...path: readonly string[]): string {
  return join(projectHome(), ...path)
}

/** Reads a WSDL or schema once and fills `{{address}}` in on each call. */
export function wsdlTemplate(...path: readonly string[]): (address: string) => Buffer {
  let template: string | undefined
  return (address) => {
    template ??= readFileSync(projectFile(...path), 'utf8')
    return Buffer.from(template.replaceAll('{{address}}', escapeAddress(address)), 'utf8')
  }
}

function escapeAddress(address: string): string {
  return address.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
