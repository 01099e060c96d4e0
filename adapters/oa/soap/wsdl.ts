import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectHome } from '../../../core/config/home.ts'

/** A file of this adapter's folder, or of the project's, as it lies in the source tree; also when the code runs from `dist/`. */
export function projectFile(...path: readonly string[]): string {
  return join(projectHome(), ...path)
}

/** Reads a WSDL once, and on each call fills in where the service and its schema are. */
export function wsdlTemplate(...path: readonly string[]): (address: string, schema: string) => Buffer {
  let template: string | undefined
  return (address, schema) => {
    template ??= readFileSync(projectFile(...path), 'utf8')
    return Buffer.from(
      template.replaceAll('{{address}}', escapeAddress(address)).replaceAll('{{schema}}', escapeAddress(schema)),
      'utf8',
    )
  }
}

function escapeAddress(address: string): string {
  return address.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}
