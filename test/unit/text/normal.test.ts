import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compact, plain, tidy } from '../../../core/text/normal.ts'

describe('text that is compared', () => {
  it.each([
    ['市\u200b财政局', '市财政局'],
    ['市\u2060财\u00ad政\u202c局\ufeff', '市财政局'],
    ['市\u3164财政\ue000局\ufe0f', '市财政局'],
    ['ＡＢ１２', 'AB12'],
    ['㊙①⑴', '秘1(1)'],
    ['市\u3000财政局\n', '市 财政局'],
    ['\u2f42書', '文書'],
  ])('%j is %j', (text, form) => {
    expect(plain(text)).toBe(form)
  })

  it('is left as it is only where nothing is to be done', () => {
    for (let code = 0; code <= 0xffff; code++) {
      const text = `市${String.fromCharCode(code)}1`
      if (plain(text) !== text) continue
      expect.soft(text.normalize('NFKC'), code.toString(16)).toBe(text)
      expect
        .soft(text, code.toString(16))
        .not.toMatch(/[\p{Cc}\p{Cf}\p{Co}\p{Cs}\p{Default_Ignorable_Code_Point}\u2800\t-\r\u3000]/u)
    }
  })

  it('has no blanks when compact', () => {
    expect(compact(' 张\u3000三\t')).toBe('张三')
  })

  it('is the same when it is made again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(plain(plain(text))).toBe(plain(text))
        expect(compact(compact(text))).toBe(compact(text))
      }),
    )
  })
})

describe('lines that are kept', () => {
  it.each([
    ['关于秋季防汛工作的通知', '关于秋季防汛工作的通知'],
    [' 关于\u200b秋季\u202e防汛\u2060工作的通知\ufeff ', '关于秋季防汛工作的通知'],
    ['第一行\r\n第二行\t完', '第一行 第二行 完'],
    ['（附件１）ＡＢ：①', '（附件１）ＡＢ：①'],
    ['控制\u0000字符\u001b', '控制字符'],
    // seen, so it stays: private use may be a rare character of a name
    ['王\ue863', '王\ue863'],
    // Mongolian, Uyghur and emoji need their joiners
    ['ᠮᠣᠩᠭᠣᠯ\u180bᠠ', 'ᠮᠣᠩᠭᠣᠯ\u180bᠠ'],
    ['ئۇي\u200cغۇر', 'ئۇي\u200cغۇر'],
  ])('%j is kept as %j', (line, kept) => {
    expect(tidy(line)).toBe(kept)
    expect(tidy(kept)).toBe(kept)
  })

  it('are the same when they are tidied again', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(tidy(tidy(text))).toBe(tidy(text))
      }),
    )
  })
})
