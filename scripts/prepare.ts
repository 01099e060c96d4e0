import { existsSync } from 'node:fs'
import { execSync } from 'node:child_process'
import { join } from 'node:path'

/**
 * npm's `prepare`: builds where the compiler is; an install without development packages (`--omit=dev`) runs what was
 * built.
 */

const root = join(import.meta.dirname, '..')
const has = (path: string): boolean => existsSync(join(root, path))

if (has('node_modules/typescript')) execSync('npm run build', { cwd: root, stdio: 'inherit' })
else if (!has('dist/station/main.js'))
  process.stderr.write(
    'dist/ 尚未构建：先在装有开发依赖处 npm ci，再带 dist/ 安装（npm pack） / dist/ is not built: run npm ci with development packages first, then install with dist/ (npm pack)\n',
  )
