import { readFileSync, statSync } from 'node:fs'

// Loaded before a station (`--import`): its wall clock is off by as many milliseconds as the file says, in every
// thread.

const file = process.env['YIZHAN_TEST_CLOCK'] ?? ''
const real = Date.now.bind(Date)
let seen = -1
let off = 0
Date.now = () => {
  const { mtimeMs } = statSync(file)
  if (mtimeMs !== seen) {
    seen = mtimeMs
    off = Number(readFileSync(file, 'utf8'))
  }
  return real() + off
}
