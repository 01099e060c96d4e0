/** What a client of the old protocol runs on a server: `scp -t` to give, `scp -f` to fetch. */
export interface ScpCommand {
  readonly direction: 'to' | 'from'
  readonly recursive: boolean
  readonly times: boolean
  /** the target has to be a folder */
  readonly folder: boolean
  readonly paths: readonly string[]
}

const MOST_CHARACTERS = 4_096

/** Undefined for any other command: there is no shell here. */
export function readScpCommand(command: string): ScpCommand | undefined {
  const words = command.length > MOST_CHARACTERS ? undefined : wordsOf(command)
  if (words?.[0] === undefined || !/^(?:\/usr\/bin\/)?scp$/.test(words[0])) return undefined
  const flags = new Set<string>()
  let at = 1
  for (; at < words.length; at++) {
    const word = words[at] ?? ''
    if (word === '--') {
      at++
      break
    }
    if (!/^-[tfrpdvqC]+$/.test(word)) break
    for (const flag of word.slice(1)) flags.add(flag)
  }
  const paths = words.slice(at)
  if (paths.length === 0 || flags.has('t') === flags.has('f') || (flags.has('t') && paths.length > 1)) return undefined
  return {
    direction: flags.has('t') ? 'to' : 'from',
    recursive: flags.has('r'),
    times: flags.has('p'),
    folder: flags.has('d'),
    paths,
  }
}

/** As a shell takes a line apart, without anything that a shell would do; undefined where a quote does not end. */
function wordsOf(line: string): string[] | undefined {
  const words: string[] = []
  let word: string | undefined
  let quote = ''
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (quote !== '' && character === quote) quote = ''
    else if (character === '\\' && quote !== "'") word = (word ?? '') + line.charAt(++at)
    else if (quote === '' && (character === "'" || character === '"')) {
      quote = character
      word ??= ''
    } else if (quote === '' && /\s/.test(character)) {
      if (word !== undefined) words.push(word)
      word = undefined
    } else word = (word ?? '') + character
  }
  if (quote !== '') return undefined
  return word === undefined ? words : [...words, word]
}
