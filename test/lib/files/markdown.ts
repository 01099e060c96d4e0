/** The fenced blocks of a page, in order: what a reader is told to write or to type. */
export function blocksOf(page: string): readonly { readonly language: string; readonly text: string }[] {
  return [...page.matchAll(/^```(\w*)\n([\s\S]*?)\n```$/gm)].map(([, language = '', text = '']) => ({ language, text }))
}
