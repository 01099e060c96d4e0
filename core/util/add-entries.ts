/** Adds entries to a catalogue. @throws Error where another entry has the name already */
export function addEntries<Entry extends object>(
  catalogue: Record<string, Entry>,
  entries: Readonly<Record<string, Entry>>,
): void {
  for (const [name, entry] of Object.entries(entries)) {
    if (catalogue[name] !== undefined && catalogue[name] !== entry) throw new Error(`${name} is declared twice`)
    catalogue[name] = entry
  }
}
