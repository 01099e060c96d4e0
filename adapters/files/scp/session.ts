import type { Duplex } from 'node:stream'
import { INTERNAL_TEXT } from '../../../core/events/internal.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import type { SessionParts } from '../sftp/session.ts'
import { readScpCommand } from './command.ts'
import { receiveFiles } from './sink.ts'
import { sendFiles } from './source.ts'
import { ScpEnd, ScpWire } from './wire.ts'

/**
 * Serves the old protocol of scp (`scp -O`, and every scp before OpenSSH 9.0) over one channel; resolves with the exit
 * code. Never rejects. Another command is 127.
 */
export async function serveScp(channel: Duplex, text: string, parts: SessionParts): Promise<number> {
  const wire = new ScpWire(channel)
  try {
    const command = readScpCommand(text)
    if (command === undefined) {
      await wire.write('只提供 SFTP 与 scp / SFTP and scp only\n')
      return 127
    }
    const good = await (command.direction === 'to' ? receiveFiles : sendFiles)(wire, command, parts)
    return good ? 0 : 1
  } catch (thrown) {
    if (thrown instanceof ScpEnd) return 1
    const told = thrown instanceof YizhanError && thrown.code !== 'INTERNAL'
    if (!told && !channel.destroyed) parts.internal(thrown)
    await wire.write(`\u0002scp: ${told ? thrown.message : INTERNAL_TEXT}\n`).catch(() => undefined)
    return 1
  }
}
