import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readXmlString } from '../../../core/mapping/xml/read.ts'
import { repairXml as repairSteps, type RepairOptions } from '../../../core/mapping/xml/repair.ts'
import { atOnce } from '../../../core/util/turns.ts'
import { cpuTime } from '../lib/cpu.ts'

const repairXml = (text: string, options: RepairOptions) => atOnce(repairSteps(text, options))

describe('unescaped ampersands', () => {
  it.each([
    ['<a>A & B</a>', '<a>A &amp; B</a>'],
    ['<a>AT&T</a>', '<a>AT&amp;T</a>'],
    ['<a x="?p=1&q=2">&</a>', '<a x="?p=1&amp;q=2">&amp;</a>'],
    ['<a>&nbsp;&&amp;</a>', '<a>&amp;nbsp;&amp;&amp;</a>'],
    ['<a>&#x;&#12a;&</a>', '<a>&amp;#x;&amp;#12a;&amp;</a>'],
    ['<!-- & --><a><![CDATA[&]]>&<?x &?></a>', '<!-- & --><a><![CDATA[&]]>&amp;<?x &?></a>'],
  ])('%s becomes %s', (text, repaired) => {
    expect(repairXml(text, { ampersands: true }).text).toBe(repaired)
    expect(() => readXmlString(repaired)).not.toThrow()
    expect(repairXml(text, {}).text).toBe(text)
    expect(repairXml(repaired, { ampersands: true })).toEqual({ text: repaired, repairs: [] })
  })

  it.each(['<a>&amp;&lt;&gt;&quot;&apos;&#20013;&#x4E2D;&#x10FFFF;</a>', '<a/>', ''])('%s stays as it is', (text) => {
    expect(repairXml(text, { ampersands: true })).toEqual({ text, repairs: [] })
  })

  it('are counted, with the line of the first', () => {
    expect(repairXml('<a>\n\nx & y\n&</a>', { ampersands: true }).repairs).toEqual([
      { kind: 'ampersand', count: 2, line: 3 },
    ])
  })

  it('read back as what the sender meant', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('&', 'a', ';', '#1;', 'amp', '中', ' ', 'x')), (parts) => {
        const text = parts.join('')
        fc.pre(!/&(?:amp;|#1;)/.test(text))
        expect(readXmlString(repairXml(`<a>${text}</a>`, { ampersands: true }).text).text).toBe(text)
      }),
    )
  })
})

describe('doubled end tags', () => {
  const options = { doubledEndTags: ['UserArea'] }

  it.each([
    ['<d><UserArea>x</UserArea></UserArea></d>', '<d><UserArea>x</UserArea></d>'],
    ['<d><UserArea>x</UserArea>\n </UserArea></d>', '<d><UserArea>x</UserArea>\n </d>'],
    ['<d><UserArea/></UserArea></d>', '<d><UserArea/></UserArea></d>'],
    ['<d><p:UserArea>x</p:UserArea></p:UserArea></d>', '<d><p:UserArea>x</p:UserArea></d>'],
    ['<d><UserArea>x</UserArea></UserArea></UserArea></d>', '<d><UserArea>x</UserArea></d>'],
    ['<d><UserArea a="/>">x</UserArea></UserArea></d>', '<d><UserArea a="/>">x</UserArea></d>'],
  ])('%s becomes %s', (text, repaired) => {
    expect(repairXml(text, options).text).toBe(repaired)
  })

  it.each([
    '<d><UserArea><UserArea>x</UserArea></UserArea></d>',
    '<d><Other>x</Other></Other></d>',
    '<d><UserArea>x</UserArea><b></b></UserArea></d>',
    '<d><UserArea>x</UserArea>text</UserArea></d>',
    '<d><UserArea><!-- </UserArea></UserArea> --></UserArea></d>',
    '<d><UserArea><![CDATA[</UserArea></UserArea>]]></UserArea></d>',
  ])('%s stays as it is', (text) => {
    expect(repairXml(text, options)).toEqual({ text, repairs: [] })
  })

  it('are reported, beside ampersands', () => {
    const { text, repairs } = repairXml('<d>\n<UserArea>A&B</UserArea>\n</UserArea>&</d>', {
      ampersands: true,
      ...options,
    })
    expect(text).toBe('<d>\n<UserArea>A&amp;B</UserArea>\n&amp;</d>')
    expect(repairs).toEqual([
      { kind: 'ampersand', count: 2, line: 2 },
      { kind: 'doubledEndTag', name: 'UserArea', count: 1, line: 3 },
    ])
  })
})

it.each([
  ['open comments', '<!--'.repeat(500_000)],
  ['open quotes', '<a "'.repeat(500_000)],
  ['open CDATA', '<![CDATA['.repeat(200_000)],
  ['tags without end', '<a '.repeat(500_000)],
  ['ampersands', '&'.repeat(1_000_000)],
  ['end tags', '</UserArea>'.repeat(200_000)],
])('takes linear time for %s', (_, text) => {
  const spent = cpuTime()
  repairXml(`${text}</UserArea>&`, { ampersands: true, doubledEndTags: ['UserArea'] })
  expect(spent()).toBeLessThan(3000)
})
