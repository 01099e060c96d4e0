import { getDocumentProxy } from 'unpdf'
import { characterMap } from './cmaps.ts'
import { linesOf, type Placed } from './lines.ts'
import { unreadable, type Reading } from './port.ts'

/** First page of a PDF file, and the title of its properties. */
export async function readPdf(bytes: Buffer): Promise<Reading> {
  let document: Awaited<ReturnType<typeof getDocumentProxy>>
  try {
    document = await getDocumentProxy(new Uint8Array(bytes), {
      verbosity: 0,
      isEvalSupported: false,
      useWorkerFetch: false,
      useSystemFonts: false,
      disableFontFace: true,
      cMapUrl: './',
      cMapPacked: false,
      BinaryDataFactory: OwnMaps,
    } as Parameters<typeof getDocumentProxy>[1])
  } catch (error) {
    return unreadable(
      error instanceof Error && error.name === 'PasswordException'
        ? '加密的 PDF / an encrypted PDF'
        : '损坏的 PDF / a damaged PDF',
    )
  }
  try {
    const page = await document.getPage(1)
    const { items } = await page.getTextContent()
    const placed = items.flatMap((item): Placed[] => {
      if (!('str' in item)) return []
      const [, , , , x = 0, y = 0] = item.transform as number[]
      return [{ x, y: -y, text: item.str }]
    })
    const { info } = (await document.getMetadata()) as { readonly info: { readonly Title?: unknown } }
    const text = linesOf(placed)
    return {
      texts: [text],
      names: typeof info.Title === 'string' && info.Title !== '' ? [info.Title] : [],
      unread:
        text.trim() === ''
          ? ['PDF 首页没有文字（扫描件）/ a PDF whose first page has no text (a scan)']
          : text.split('\n').some(isMeaningless)
            ? ['PDF 首页的字体不说明是什么字 / a PDF whose fonts do not tell which characters they show']
            : [],
    }
  } catch {
    return unreadable('PDF 首页无法读取 / the first page of the PDF cannot be read')
  } finally {
    await document.loadingTask.destroy()
  }
}

/** Codes of glyphs instead of characters, as fonts without /ToUnicode leave them (PDF 32000-1:2008, 9.10.2). */
function isMeaningless(line: string): boolean {
  const characters = Array.from(line.replace(/\s/gu, ''))
  const odd = characters.filter((character) => ODD.test(character)).length
  return odd >= 2 && odd * 4 >= characters.length
}

/**
 * What hardly stands in an office's paper: controls, private use, rare Chinese characters, scripts that nobody here
 * writes.
 */
const ODD =
  /[\p{Cc}\p{Co}\p{Cn}\p{Cs}\ufffd\u3400-\u4dbf\u{20000}-\u{3ffff}]|[^\p{Script=Han}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Bopomofo}\p{Script=Arabic}\p{Script=Mongolian}\p{Script=Tibetan}\p{Script=Yi}\p{Script=Common}\p{Script=Inherited}]/u

class OwnMaps {
  fetch({ kind, filename }: { readonly kind: string; readonly filename: string }): Promise<Uint8Array> {
    if (kind !== 'cMapUrl') return Promise.reject(new Error(`${kind} ${filename}`))
    return new Promise((resolve) => resolve(characterMap(filename)))
  }
}
