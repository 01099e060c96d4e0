import { SHANGHAI_MS } from '../../core/util/shanghai.ts'

/** Msg_Id: month 4 bits, day 5, hour 5, minute 6, second 6, gateway 22, sequence 16. */
export class MessageIds {
  #sequence = Math.floor(Math.random() * 0x10000)

  /** 16 hexadecimal digits */
  next(): string {
    const now = new Date(Date.now() + SHANGHAI_MS)
    this.#sequence = (this.#sequence + 1) & 0xffff
    const fields: readonly (readonly [value: number, bits: number])[] = [
      [now.getUTCMonth() + 1, 4],
      [now.getUTCDate(), 5],
      [now.getUTCHours(), 5],
      [now.getUTCMinutes(), 6],
      [now.getUTCSeconds(), 6],
      [10_659, 22],
      [this.#sequence, 16],
    ]
    const id = fields.reduce((bits, [value, width]) => (bits << BigInt(width)) | BigInt(value), 0n)
    return id.toString(16).padStart(16, '0')
  }
}
