import { PassThrough } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readScpCommand } from '../../../adapters/files/scp/command.ts'
import { serveScp } from '../../../adapters/files/scp/session.ts'
import type { SessionParts } from '../../../adapters/files/sftp/session.ts'
import { NotesFolder } from '../../../adapters/files/tree/notes-folder.ts'
import { Notes } from '../../../adapters/files/tree/notes.ts'
import { RootFolder } from '../../../adapters/files/tree/root.ts'

describe('a command', () => {
  it.each([
    ['scp -t out/', { direction: 'to', recursive: false, paths: ['out/'] }],
    [
      'scp -p -r -d -t -- "out/a b"',
      { direction: 'to', recursive: true, times: true, folder: true, paths: ['out/a b'] },
    ],
    ["/usr/bin/scp -v -f in/x\\ y 'in/*'", { direction: 'from', paths: ['in/x y', 'in/*'] }],
  ])('%s is understood', (text, command) => {
    expect(readScpCommand(text)).toMatchObject(command)
  })

  it.each([
    '',
    'scp',
    'scp -t',
    'scp -t -f a',
    'scp -t a b',
    'scp -t "a',
    'scp -S evil -t a',
    'sh -c "scp -t a"',
    'rm -rf /',
    `scp -t ${'a'.repeat(5_000)}`,
  ])('%.40s is none', (text) => {
    expect(readScpCommand(text)).toBeUndefined()
  })
})

/** What comes of the old protocol with these bytes: exit code, and what was said to the client. */
async function served(
  command: string,
  bytes: Buffer,
): Promise<{ readonly code: number; readonly internal: unknown[] }> {
  const internal: unknown[] = []
  const clock = { now: () => 0 }
  const notes = new NotesFolder(new Notes('/nonexistent', clock, () => 1_000), 'a', 'errors', () => 'utf-8')
  const channel = new PassThrough({ allowHalfOpen: true })
  const written: Buffer[] = []
  channel.write = ((chunk: Buffer, done?: (error?: Error) => void) => {
    written.push(Buffer.from(chunk))
    done?.()
    return true
  }) as typeof channel.write
  channel.push(bytes)
  channel.push(null)
  const parts: SessionParts = {
    root: new RootFolder(new Map([['errors', notes]])),
    names: 'utf-8',
    limits: { handles: 4, pathBytes: 1_024, nameBytes: 255, depth: 4 },
    pace: () => Promise.resolve(),
    signal: new AbortController().signal,
    internal: (thrown) => internal.push(thrown),
  }
  return { code: await serveScp(channel, command, parts), internal }
}

describe('whatever a client of scp sends', () => {
  const line = fc.oneof(
    fc.constantFrom(
      'C0644 5 a.xml\n',
      'D0755 0 d\n',
      'E\n',
      'T1 0 1 0\n',
      '\u0001warn\n',
      '\u0002end\n',
      'C0644 99999999999999 b\n',
      'C0644 1 ../x\n',
    ),
    fc.string({ maxLength: 30 }),
    fc.uint8Array({ maxLength: 3_000 }).map((bytes) => Buffer.from(bytes).toString('latin1')),
  )
  it('ends with a code, and is never our fault', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('scp -t errors', 'scp -r -t /', 'scp -f errors', 'scp -r -f /', 'scp -p -f *'),
        fc.array(line, { maxLength: 8 }),
        async (command, lines) => {
          const { code, internal } = await served(command, Buffer.from(lines.join(''), 'latin1'))
          expect([0, 1]).toContain(code)
          expect(internal).toEqual([])
        },
      ),
      { numRuns: 300 },
    )
  })
})
