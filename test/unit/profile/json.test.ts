import { describe, expect, it } from 'vitest'
import { ConfigError } from '../../../core/config/problems.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { compileProfile } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { ProfileError, mostProblems } from '../../../core/mapping/profile/problems.ts'
import { documentBody } from '../../../core/message/schema.ts'
import { atOnce } from '../../../core/util/turns.ts'
import { Holds, MOST_HOLD_MS } from '../../lib/holds.ts'
import { containing } from '../lib/match.ts'
import { theContext, theDocument } from './lib/fixed.ts'
import { mutateText, Random } from './lib/mutate.ts'

/** A dialect that is JSON only: names that XML does not have, arrays, numbers, a code that is a number. */
const source = `profile: rest
title: { zh: 接口, en: an interface }
description: for this test
syntax: [json]
forms:
  Send:
    kind: document
    root:
      element: document
      children:
        - { element: '@id', field: externalId, max: 20 }
        - { element: 标题, field: document.title, required: true }
        - { element: copies, field: document.copies, keep: true }
        - { element: urgent, field: urgency, type: code, table: degrees, json: number }
        - { element: paper too, field: dualTrack }
        - { element: date, field: document.date, format: yyyyMMdd }
        - { element: to, field: to.names, repeat: list }
        - { element: 份号, read: copyNumber }
        - element: topics
          children:
            - { element: topic, field: document.topicWords, repeat: list }
        - element: files
          each: files
          children:
            - { element: name, field: file.name, required: true }
            - { element: role, field: file.role }
            - { element: content, field: file.content, required: true }
  Answer:
    kind: record
    root:
      element: answer
      children:
        - { element: code, field: code, type: integer, required: true }
        - { element: ok, field: ok, type: boolean, json: string, trueAs: [Y], falseAs: [N] }
        - element: rows
          keep: true
          children:
            - element: row
              each: rows
              children:
                - { element: id, field: id }
`
const degrees = {
  id: 'degrees',
  text: `title: { zh: 急, en: urgency }
entries:
  - { value: urgent, text: '2', also: [extra-urgent] }
  - { value: ordinary, text: '0' }
`,
}
const compile = (text: string): CompiledProfile => compileProfile({ id: 'rest', text }, [degrees])
const rest = compile(source)
const whole = {
  '@id': 'x1',
  标题: '关于防汛的通知',
  copies: 12,
  urgent: 2,
  'paper too': false,
  date: '20260105',
  to: ['市水务局', '市；教育局'],
  topics: ['防汛'],
  files: [{ name: 'a.ofd', role: 'main', content: 'QUJD' }],
}
const read = (value: unknown, profile = rest, attached?: ReadonlyMap<string, Buffer>) => {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value))
  const { element, quirks, form } = atOnce(profile.parseJson(bytes))
  const result = profile.read(form ?? '', element, attached === undefined ? {} : { attached })
  return { ...result, form, quirks: [...quirks, ...result.quirks] }
}
const refused = (value: unknown, profile = rest): ProfileError => {
  try {
    read(value, profile)
  } catch (error) {
    if (error instanceof ProfileError) return error
    throw error
  }
  throw new Error('was read')
}

describe('a dialect that is JSON', () => {
  it('is read by its description', () => {
    const { draft, quirks, form } = read(whole)
    expect(form).toBe('Send')
    expect(quirks).toEqual([])
    expect(draft).toMatchObject({
      externalId: 'x1',
      urgency: 'urgent',
      dualTrack: false,
      to: ['市水务局', '市；教育局'],
      document: { title: '关于防汛的通知', copies: 12, date: '2026-01-05', topicWords: ['防汛'] },
      files: [{ name: 'a.ofd', role: 'main', bytes: Buffer.from('ABC') }],
    })
  })

  it('is written by it: in its order, without white space, what is kept though empty', () => {
    const bodies = new Map(theDocument.files.map(({ digest }) => [digest, Buffer.from('ABC')]))
    const text = Buffer.concat(rest.write('Send', theDocument, { ...theContext, bodies, syntax: 'json' })).toString()
    expect(text).toBe(JSON.stringify(JSON.parse(text)))
    expect(Object.keys(JSON.parse(text) as object).slice(0, 3)).toEqual(['@id', '标题', 'copies'])
    expect(
      Buffer.concat(
        rest.write(
          'Send',
          { ...theDocument, document: { direction: 'issue', title: '甲' }, files: [] },
          { ...theContext, syntax: 'json' },
        ),
      ).toString(),
    ).toMatch(/"copies":null,/)
  })

  it('records go both ways, empty lists and all', () => {
    const written = (values: Parameters<CompiledProfile['writeRecord']>[1]): string =>
      Buffer.concat(rest.writeRecord('Answer', values, 'json')).toString()
    const again = (text: string): unknown =>
      rest.readRecord('Answer', atOnce(rest.parseJson(Buffer.from(text), 'Answer')).element).values
    expect(written({ code: 0, ok: true, rows: [{ id: '1' }, { id: '2' }] })).toBe(
      '{"code":0,"ok":"Y","rows":[{"id":"1"},{"id":"2"}]}',
    )
    expect(written({ code: 7 })).toBe('{"code":7,"rows":[]}')
    expect(again('{"code":7,"rows":[]}')).toEqual({ code: 7 })
    expect(again('{"code":0,"ok":"N","rows":[{"id":"1"}]}')).toEqual({ code: 0, ok: false, rows: [{ id: '1' }] })
  })

  it('files stand beside it by name, or by an empty content', () => {
    const attached = new Map([['a.ofd', Buffer.from('beside')]])
    for (const content of [{ href: 'a.ofd' }, ''])
      expect(read({ ...whole, files: [{ name: 'a.ofd', content }] }, rest, attached).draft.files).toMatchObject([
        { bytes: Buffer.from('beside') },
      ])
    const chunks = rest.write('Send', theDocument, {
      ...theContext,
      bodies: new Map(theDocument.files.map(({ digest }) => [digest, Buffer.from('x')])),
      syntax: 'json',
      attach: () => '附件 1.ofd',
    })
    expect(Buffer.concat(chunks).toString()).toContain('"content":{"href":"附件 1.ofd"}')
  })

  it.each<[string, object, object]>([
    ['a number for a text', { 标题: 5 }, { field: '标题', value: '5', rule: containing('must be a string') }],
    ['a text for a number', { copies: '12' }, { field: 'copies', value: '12', rule: containing('must be a number') }],
    ['a broken number', { copies: 1.5 }, { field: 'copies', value: '1.5', rule: containing('integer') }],
    ['a number that no machine holds', { copies: 1e20 }, { field: 'copies' }],
    ['a text for a boolean', { 'paper too': 'true' }, { field: 'paper too', rule: containing('true or false') }],
    ['a code as text', { urgent: '2' }, { field: 'urgent', value: '2', rule: containing('must be a number') }],
    ['a code that is none', { urgent: 7 }, { field: 'urgent', value: '7', rule: containing('2、0') }],
    ['a null', { date: null }, { field: 'date', rule: containing('not null') }],
    ['an empty text that is required', { 标题: ' ' }, { field: '标题', rule: containing('required') }],
    ['an object for a text', { 标题: { a: 1 } }, { field: '标题', rule: containing('must be a string') }],
    ['one for several', { to: '市水务局' }, { field: 'to', rule: containing('must be an array') }],
    ['one for several, wrapped', { topics: { topic: ['防汛'] } }, { field: 'topics', rule: containing('array') }],
    ['several for one', { date: ['20260105'] }, { field: 'date', value: undefined, rule: containing('string') }],
    ['an item that is null', { to: ['市水务局', null] }, { field: 'to', rule: containing('not null') }],
    ['an item of another type', { files: ['a.ofd'] }, { field: 'files[1]', value: 'a.ofd' }],
    ['a member it does not have', { extra: { a: [1] } }, { field: 'extra', rule: containing('no such') }],
    ['a member named as a prototype', JSON.parse('{"__proto__":{"title":"x"}}') as object, { field: '__proto__' }],
    ['a control character', { 标题: '关于\u0001' }, { field: '标题', rule: containing('control') }],
    ['content that is none', { files: [{ name: 'a', content: 'QUJ' }] }, { field: 'files[1]/content' }],
    ['content of another type', { files: [{ name: 'a', content: ['QUJD'] }] }, { field: 'files[1]/content' }],
    ['an item without name', { files: [{ content: 'QUJD' }] }, { field: 'files[1]/name', rule: '必填 / required' }],
  ])('%s: by path, value and rule', (_what, change, problem) => {
    const error = refused({ ...whole, ...change })
    expect(error.problems).toEqual([expect.objectContaining(problem)])
  })

  it('tells all of them at once, and never what a file holds', () => {
    const error = refused({ ...whole, copies: 'x', urgent: null, date: 5, files: [{ name: 'a', content: 7 }] })
    expect(error.problems.map(({ field }) => field)).toEqual(['copies', 'urgent', 'date', 'files[1]/content'])
    expect(error.problems[3]?.value).toBeUndefined()
    expect(
      refused({ ...whole, ...Object.fromEntries(Array.from({ length: 99 }, (_, n) => [`k${n}`, n])) }).problems,
    ).toHaveLength(mostProblems)
  })

  it('a copy number of whatever type marks a classified document: no value is quoted', () => {
    const error = refused({ ...whole, 份号: 12, date: '某事' })
    expect(error.classified).toBe(true)
    expect(JSON.stringify(error)).not.toMatch(/某事|12/)
  })

  it('with unknownElements keeps what it does not describe; with nullMembers takes null as absent', () => {
    const mild = compile(source.replace('forms:', 'quirks: { unknownElements: true, nullMembers: true }\nforms:'))
    const { draft, unread, quirks } = read({ ...whole, date: null, extra: { a: [1, 'x'], b: null } }, mild)
    expect(draft).toMatchObject({ document: { title: '关于防汛的通知' } })
    expect(unread).toEqual([
      { path: 'extra/a', text: '1' },
      { path: 'extra/a', text: 'x' },
    ])
    expect(quirks).toEqual(['null-member date', 'unknown-element extra'])
  })

  it('is told by its root where there are several forms', () => {
    const two = compile(
      source.replace(
        '  Answer:',
        '  Back:\n    kind: return\n    root:\n      element: back\n      children:\n        - { element: id, field: about, required: true }\n  Answer:',
      ),
    )
    expect(read({ document: whole }, two).form).toBe('Send')
    expect(read({ back: { id: '7' } }, two).draft).toMatchObject({ kind: 'return', about: '7' })
    expect(atOnce(two.parseJson(Buffer.from(JSON.stringify(whole)))).form).toBeUndefined()
  })

  it('XML only is no JSON', () => {
    const xml = compile(source.replace('[json]', '[xml]').replace("'@id'", 'id').replace('paper too', 'paper'))
    expect(() => atOnce(xml.parseJson(Buffer.from('{}')))).toThrow(YizhanError)
  })
})

describe('the description is held to what JSON has', () => {
  it.each<[string, string, string, object]>([
    ['a name that XML has not', '[json]', '[xml, json]', { value: '@id', rule: containing('XML name') }],
    ['a date as a number', 'format: yyyyMMdd', 'json: number', { field: containing('.json'), value: 'number' }],
    [
      'a text by default for a number',
      'keep: true }',
      "default: '一' }",
      { field: containing('.default'), value: '一' },
    ],
    [
      'a member and an attribute of one name',
      'element: files\n',
      'element: files\n          attributes: [{ attribute: name, field: file.mediaType }]\n',
      { value: 'name' },
    ],
    ['a syntax that is none', '[json]', '[yaml]', { field: containing('syntax') }],
  ])('%s', (_what, from, to, problem) => {
    expect(source).toContain(from)
    try {
      compile(source.replace(from, to))
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error
      expect(error.problems).toEqual(expect.arrayContaining([expect.objectContaining(problem)]))
      return
    }
    throw new Error('compiled')
  })
})

it('4,000 wounded texts: drafts that a message can hold, or errors of ours', async () => {
  const text = JSON.stringify(whole)
  const outcomes = { read: 0, refused: 0 }
  const holds = new Holds()
  for (let at = 0; at < 4_000; at++) {
    const mutant = mutateText(text, new Random(at * 104_729 + 1))
    await holds.of(() => {
      try {
        const { draft } = read(mutant)
        if (draft.kind === 'document')
          expect(documentBody.safeParse({ direction: 'issue', ...draft.document }).error).toBeUndefined()
        outcomes.read++
      } catch (error) {
        if (!(error instanceof YizhanError) || error.code === 'INTERNAL') throw error
        outcomes.refused++
      }
    })
  }
  expect(outcomes.read).toBeGreaterThan(40)
  expect(outcomes.refused).toBeGreaterThan(40)
  expect(holds.longest, 'ms').toBeLessThan(MOST_HOLD_MS)
})
