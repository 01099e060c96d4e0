/**
 * Whether a routing key matches a binding of a topic exchange: words divided by dots, `*` for exactly one word,
 * `#` for none or more (RabbitMQ's topic exchange; AMQP 0-9-1, 3.1.3.3).
 */
export function topicMatches(pattern: string, key: string): boolean {
  return matchWords(pattern.split('.'), 0, key === '' ? [] : key.split('.'), 0)
}

function matchWords(pattern: readonly string[], p: number, words: readonly string[], w: number): boolean {
  const word = pattern[p]
  if (word === undefined || (word === '' && pattern.length === 1)) return w === words.length
  if (word === '#') {
    for (let next = w; next <= words.length; next++) if (matchWords(pattern, p + 1, words, next)) return true
    return false
  }
  return w < words.length && (word === '*' || word === words[w]) && matchWords(pattern, p + 1, words, w + 1)
}

/** The patterns of a channel's key: several stand with blanks between them. An empty one fits what has no key. */
export function patternsOf(key: string): readonly string[] {
  const patterns = key.split(/\s+/u).filter((pattern) => pattern !== '')
  return patterns.length === 0 ? [''] : [...new Set(patterns)]
}
