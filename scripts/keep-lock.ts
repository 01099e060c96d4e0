/**
 * Keeps `gypfile: false` for better-sqlite3 in package-lock.json, which every `npm install` drops.
 *
 * npm builds a package with a binding.gyp unless its package.json says `gypfile: false`, and `npm ci` reads only the
 * lock. Without the mark, npm 10, which comes with Node 20, calls node-gyp, which fails where there is no Python or no
 * way to nodejs.org, though the package brings its prebuilt addon. (npm 11 heeds `allowScripts` in package.json.)
 *
 * npm runs this as the script `dependencies`, after every change of node_modules. `npm ci` changes no lock, and neither
 * do we then: a test holds the committed lock to its mark.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

interface Lock {
  packages: Record<string, { gypfile?: boolean } | undefined>
}

const file = join(dirname(import.meta.dirname), 'package-lock.json')
const lock = JSON.parse(readFileSync(file, 'utf8')) as Lock
const entry = lock.packages['node_modules/better-sqlite3']
if (process.env['npm_command'] !== 'ci' && entry && entry.gypfile !== false) {
  entry.gypfile = false
  writeFileSync(file, JSON.stringify(lock, null, 2) + '\n')
  process.stdout.write('已修补 package-lock.json / package-lock.json: better-sqlite3 is not built\n')
}
