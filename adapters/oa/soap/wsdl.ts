import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectHome } from '../../../core/config/home.ts'

/**
 * A file beside the code, or of the project's folder. Code that runs from `dist/` has its own copy: a package has no
 * sources.
 */
export function projectFile(...path: readonly string[]): string {
  const beside = join(import.meta.dirname, '../../..', ...path)
  return existsSync(beside) ? beside : join(projectHome(), ...path)
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
