/**
 * What some characters of ASCII are written as. In two passes over bytes: no function is called, and no text made, for
 * each of a million characters.
 */
export class References {
  /** by byte, how many more than one the reference has, and where it begins */
  readonly #more = new Uint8Array(256)
  readonly #begins = new Uint8Array(256)
  readonly #written: Buffer

  constructor(byCharacter: Readonly<Record<string, string>>) {
    let length = 0
    for (const [character, reference] of Object.entries(byCharacter)) {
      const code = character.charCodeAt(0)
      this.#more[code] = reference.length - 1
      this.#begins[code] = length
      length += reference.length
    }
    this.#written = Buffer.from(Object.values(byCharacter).join(''), 'latin1')
  }

  /** The same bytes with references in place of characters. */
  in(bytes: Uint8Array): Buffer {
    const [more, begins, references] = [this.#more, this.#begins, this.#written]
    let length = bytes.length
    for (let from = 0; from < bytes.length; from++) length += more[bytes[from] as number] as number
    const written = Buffer.allocUnsafe(length)
    let at = 0
    for (let from = 0; from < bytes.length; from++) {
      const byte = bytes[from] as number
      const extra = more[byte] as number
      if (extra === 0) {
        written[at++] = byte
        continue
      }
      let next = begins[byte] as number
      for (const end = at + extra; at <= end;) written[at++] = references[next++] as number
    }
    return written
  }
}
