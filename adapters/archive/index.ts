import { join } from 'node:path'
import { Polling } from '../../core/adapter/polling.ts'
import type { Adapter, House } from '../../core/adapter/port.ts'
import type { SystemConfig } from '../../core/config/schema.ts'
import { ReceiptInbox } from './receipt-inbox.ts'
import { Register } from './register.ts'
import { archiveScreen } from './screen.ts'
import { ArchiveSender } from './sender.ts'

/** How often a bureau's receipts are looked for where its system does not say. */
const POLL_MS = 60_000

/** The archive bureau: batches go to it over SFTP, its receipts come back the same way. See docs/systems/archive.md. */
export function createArchiveAdapter(house: House): Adapter {
  const registers = new Map<string, Register>()
  const registerOf = (system: string): Register => {
    const register = registers.get(system) ?? new Register(join(house.folder(system), 'register.jsonl'))
    registers.set(system, register)
    return register
  }
  const polled = (): SystemConfig[] =>
    house
      .city()
      .systems.filter(({ adapter }) => adapter === 'archive')
      .map((system) => ({ ...system, pollMs: system.pollMs ?? POLL_MS }))
  const polling = new Polling(house, polled, new ReceiptInbox(house, registerOf).round)
  return {
    name: 'archive',
    screen: archiveScreen(house),
    mounts: [],
    sender: (system) => new ArchiveSender(house, system, registerOf(system.id)),
    start: () => polling.start(),
    close: () => polling.close(),
  }
}
