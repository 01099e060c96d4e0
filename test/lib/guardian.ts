import { spawn } from 'node:child_process'
import { once } from 'node:events'

/**
 * Ends real servers, and removes their folder, when the test process is gone, however it went:
 * a process that was itself ended by SIGKILL runs no exit handlers.
 */
export interface Guardian {
  /** The process groups to end, by their leaders' ids, instead of those named before. */
  guard(groups: readonly number[]): void
  /** Ends those groups with SIGKILL and removes the folder now; resolves when both are gone. */
  close(): Promise<void>
}

// A shell in a session of its own that holds our pipe: the pipe's end is our end. A group takes a moment to die,
// and only then does nothing write into the folder any more.
const script = `
trap '' HUP INT TERM
groups=
while read -r line; do groups=$line; done
for group in $groups; do kill -s KILL -- "-$group"; done
for group in $groups; do
  looks=0
  while [ $looks -lt 100 ] && kill -s 0 -- "-$group"; do looks=$((looks + 1)); sleep 0.05; done
done
rm -rf -- "$1"
`

/** @param folder removed at the end with all that is in it */
export function startGuardian(folder: string): Guardian {
  const shell = spawn('/bin/sh', ['-c', script, 'guardian', folder], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const gone = once(shell, 'exit')
  shell.unref()
  // A guardian that cannot start or was killed guards nothing: the next guard() or close() must say so, not pass.
  let broken: Error | undefined
  shell.on('error', (error) => (broken = error))
  shell.stdin.on('error', (error) => (broken = error))
  gone.catch((error: unknown) => (broken = error instanceof Error ? error : new Error(String(error))))
  return {
    guard(groups) {
      if (broken) throw new Error('the guardian of the test servers is gone', { cause: broken })
      shell.stdin.write(groups.join(' ') + '\n')
    },
    async close() {
      shell.ref()
      shell.stdin.end()
      await gone
    },
  }
}
