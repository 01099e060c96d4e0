type Cell = string | number

/** A table as docs/performance.md has them. */
export function markdownTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string[] {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`)
}
