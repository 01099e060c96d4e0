/** On a terminal only, in one line. */
export function progress(what: string): ((done: number, total: number) => void) | undefined {
  const { stderr } = process
  if (!stderr.isTTY) return undefined
  let told = -1
  return (done, total) => {
    const percent = total === 0 ? 100 : Math.floor((100 * done) / total)
    if (percent === told) return
    told = percent
    stderr.write(`\r${what} ${percent}%${percent >= 100 ? '\n' : ''}`)
  }
}
