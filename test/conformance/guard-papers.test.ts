import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { guardOf } from '../lib/guard.ts'

const run = promisify(execFile)
const guard = guardOf({ readMs: 60_000, readAllMs: 60_000 })
const FONT = 'Noto Serif CJK SC'
const PAPERS = {
  marked: ['机密★1年', '关于某防空事项的通知'],
  clean: ['关于做好机密文件管理的通知', '各县（市、区）人民政府：'],
} as const
type Paper = keyof typeof PAPERS

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'yizhan-papers-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const place = (paper: Paper, name: string): string => join(folder, `${paper}-${name}`)

/** Fonts that are not embedded, with a character map of Adobe's: STSong-Light, as many offices' programs write. */
const REPORTLAB = `
import sys
from reportlab.pdfgen import canvas
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
pdfmetrics.registerFont(UnicodeCIDFont('STSong-Light'))
page = canvas.Canvas(sys.argv[1])
page.setFont('STSong-Light', 16)
for at, line in enumerate(sys.argv[2:]):
    page.drawString(72, 760 - 22 * at, line)
page.save()
`

/** Programs that make a PDF out of lines. */
const PRODUCERS: Readonly<Record<string, (paper: Paper, out: string) => Promise<unknown>>> = {
  async chromium(paper, out) {
    const page = place(paper, 'page.html')
    const lines = PAPERS[paper].map((line) => `<p>${line}</p>`).join('')
    await writeFile(page, `<meta charset="utf-8"><body style="font-family:'${FONT}'">${lines}`)
    await run('chromium', [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      `--user-data-dir=${join(folder, 'profile')}`,
      '--no-pdf-header-footer',
      `--print-to-pdf=${out}`,
      pathToFileURL(page).href,
    ])
  },
  async cairo(paper, out) {
    const text = place(paper, 'text.txt')
    await writeFile(text, PAPERS[paper].join('\n'))
    await run('pango-view', ['--no-display', '-q', `--font=${FONT} 14`, '-o', out, text])
  },
  reportlab: (paper, out) => run('/usr/bin/python3', ['-c', REPORTLAB, out, ...PAPERS[paper]]),
}

/** Programs that write the PDF of another one anew. */
const REWRITERS: Readonly<Record<string, (from: string, out: string) => Promise<unknown>>> = {
  ghostscript: (from, out) => run('gs', ['-q', '-sDEVICE=pdfwrite', '-o', out, from]),
  'object streams': (from, out) => run('qpdf', ['--object-streams=generate', from, out]),
  linearized: (from, out) => run('qpdf', ['--linearize', from, out]),
  'every object plain': (from, out) => run('qpdf', ['--qdf', from, out]),
  'encrypted, without a password to read it': (from, out) =>
    run('qpdf', ['--encrypt', '', 'owner', '256', '--', from, out]),
}

const judge = async (path: string) => guard.files([{ name: '正文.pdf', bytes: await readFile(path) }])
/** Its fonts no longer say which characters their glyphs are. */
async function withoutCharacters(from: string, out: string): Promise<void> {
  await run('qpdf', ['--qdf', '--object-streams=disable', from, out])
  await writeFile(out, (await readFile(out)).toString('latin1').replaceAll('/ToUnicode', '/XoUnicode'), 'latin1')
}
const MARKED = { finding: { seen: 'mark', field: '第1个文件内文字' }, unread: [] }
const CLEAN = { finding: undefined, unread: [] }

describe.each(Object.entries(PRODUCERS))('a PDF of %s', (producer, make) => {
  const made = (paper: Paper): string => place(paper, `${producer}.pdf`)
  beforeAll(async () => {
    for (const paper of ['marked', 'clean'] as const) await make(paper, made(paper))
  })

  it('bears its mark, and none where it speaks about secrecy', async () => {
    expect(await judge(made('marked'))).toMatchObject(MARKED)
    expect(await judge(made('clean'))).toEqual(CLEAN)
  })

  // Ghostscript has no STSong-Light here, and shows other letters in its place.
  const ways = Object.entries(REWRITERS).filter(([way]) => producer !== 'reportlab' || way !== 'ghostscript')
  it.each(ways)('%s', async (way, rewrite) => {
    for (const paper of ['marked', 'clean'] as const) {
      const out = place(paper, `${producer} ${way}.pdf`)
      await rewrite(made(paper), out)
      const judged = await judge(out)
      if (paper === 'marked') expect(judged).toMatchObject(MARKED)
      else expect(judged).toEqual(CLEAN)
    }
  })

  // Its fonts are not embedded, and named by their character map.
  if (producer !== 'reportlab')
    it('whose fonts do not tell their characters is listed', async () => {
      const out = place('marked', `${producer} glyphs.pdf`)
      await withoutCharacters(made('marked'), out)
      expect(await judge(out)).toMatchObject({ unread: [expect.stringContaining('字体') as string] })
    })

  it('encrypted so that nobody can read it is listed', async () => {
    const out = place('marked', `${producer} closed.pdf`)
    await run('qpdf', ['--encrypt', 'user', 'owner', '256', '--', made('marked'), out])
    expect(await judge(out)).toEqual({ finding: undefined, unread: ['正文.pdf：加密的 PDF / an encrypted PDF'] })
  })
})
