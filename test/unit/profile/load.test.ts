import { readFile } from 'node:fs/promises'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { ConfigError, type ConfigProblem } from '../../../core/config/problems.ts'
import { compileProfile, loadProfiles } from '../../../core/mapping/profile/load.ts'
import { containing } from '../lib/match.ts'

const small = `profile: small
title: { zh: 小, en: small }
description: for this test
forms:
  Send:
    kind: document
    root:
      element: Doc
      children:
        - { element: Title, field: document.title, required: true }
        - { element: Urgency, field: urgency, table: degrees }
        - element: File
          each: files
          field: file.content
          attributes:
            - { attribute: name, field: file.name, required: true }
`
const degrees = `title: { zh: 急, en: urgency }
entries:
  - { value: urgent, text: 急 }
  - { value: ordinary, text: 平, tolerate: [缓] }
`

function problems(profile: string, tables: string = degrees, id = 'small'): readonly ConfigProblem[] {
  try {
    compileProfile({ id, text: profile }, [{ id: 'degrees', text: tables }])
  } catch (error) {
    if (error instanceof ConfigError) return error.problems
    throw error
  }
  return []
}

function change(from: string, to: string): string {
  if (!small.includes(from)) throw new Error(from)
  return small.replace(from, to)
}

describe('profiles are checked whole: file, line, key, value, rule', () => {
  it('a profile in order compiles', () => {
    expect(problems(small)).toEqual([])
    expect(compileProfile({ id: 'small', text: small }, [{ id: 'degrees', text: degrees }]).forms).toEqual(['Send'])
  })

  it.each<[string, string, string, object]>([
    [
      'an unknown key',
      'required: true }\n        - { element: Urgency',
      'requierd: true }\n        - { element: Urgency',
      { field: 'profiles/small.yaml:10 forms.Send.root.children[0]', value: 'requierd' },
    ],
    [
      'an unknown field',
      'field: urgency',
      'field: urgenzy',
      { field: containing('small.yaml:11 forms.Send.root.children[1]'), value: 'urgenzy' },
    ],
    [
      'a field that can only be written',
      'field: urgency, table: degrees',
      'field: acceptedAt',
      { value: 'acceptedAt', rule: containing('only written') },
    ],
    ['a field of another kind of message', 'field: urgency, table: degrees', 'field: by', { value: 'by' }],
    ['an unknown table', 'table: degrees', 'table: degree', { field: containing('table'), value: 'degree' }],
    [
      'a table for a text',
      'field: urgency, table: degrees',
      'field: document.signer, table: degrees',
      { field: containing('table') },
    ],
    [
      'a type that the field cannot have',
      'field: urgency, table: degrees',
      'field: document.date, type: integer',
      { field: containing('type'), value: 'integer' },
    ],
    [
      'a date format that is none',
      'field: urgency, table: degrees',
      'field: document.date, accept: [jj-mm]',
      { rule: containing('jj-mm') },
    ],
    [
      'a limit beyond the canonical one',
      'field: urgency, table: degrees',
      'field: document.signer, max: 101',
      { field: containing('max'), value: '101' },
    ],
    [
      'a list as plain text',
      'field: urgency, table: degrees',
      'field: document.topicWords, type: text',
      { value: 'document.topicWords' },
    ],
    [
      'a field of a document that it neither carries nor says to lack',
      'forms:',
      'lacks: [direction]\nforms:',
      { field: containing('lacks'), value: 'identifier', rule: containing('公文标识') },
    ],
    [
      'a field that it carries and says to lack',
      'forms:',
      'lacks: [title]\nforms:',
      { field: containing('lacks'), value: 'title', rule: containing('carries') },
    ],
    ['two siblings of one name', 'element: Urgency', 'element: Title', { value: 'Title' }],
    ['an element that is no name', 'element: Urgency', 'element: "1 x"', { value: '1 x' }],
    [
      'a missing fragment',
      '{ element: Urgency, field: urgency, table: degrees }',
      '{ use: nothing }',
      { field: containing('use'), value: 'nothing' },
    ],
    [
      'neither element nor fragment',
      '{ element: Urgency, field: urgency, table: degrees }',
      '{ note: x }',
      { rule: containing('needs element') },
    ],
    [
      'a document without title',
      'required: true }\n        - { element: Urgency',
      'required: false }\n        - { element: Urgency',
      { field: containing('forms.Send'), rule: containing('document.title') },
    ],
    [
      'a document whose title is inside something that may be missing',
      '- { element: Title, field: document.title, required: true }',
      '- { element: Head, children: [{ element: Title, field: document.title, required: true }] }',
      { rule: containing('document.title') },
    ],
    [
      'a file without name',
      'field: file.name, required: true',
      'field: file.mediaType',
      { value: 'File', rule: containing('file.name') },
    ],
    ['a repeated part that is none', 'each: files', 'each: fils', { field: containing('each'), value: 'fils' }],
    [
      'text and children together',
      '{ element: Urgency, field: urgency, table: degrees }',
      '{ element: Urgency, field: urgency, table: degrees, children: [{ element: X, field: number }] }',
      { rule: containing('no children') },
    ],
    [
      'the name of another file',
      'profile: small',
      'profile: tall',
      { field: 'profiles/small.yaml:1 profile', value: 'tall' },
    ],
  ])('%s', (_what, from, to, problem) => {
    expect(problems(change(from, to))).toEqual(expect.arrayContaining([expect.objectContaining(problem)]))
  })

  it.each<[string, string, string, object]>([
    [
      'a text that means two things',
      'tolerate: [缓]',
      'tolerate: [急]',
      { field: 'codes/degrees.yaml:4 entries[1].tolerate[0]', value: '急' },
    ],
    ['a value written in two ways', 'value: ordinary', 'value: urgent', { value: 'urgent' }],
    [
      'a default that is no value',
      'entries:',
      'default: flash\nentries:',
      { field: containing('default'), value: 'flash' },
    ],
    [
      'a value that the field does not have',
      'value: urgent',
      'value: soon',
      { field: containing('small.yaml:11'), value: 'soon' },
    ],
    ['a table that is none', 'entries:', 'rows:', { field: containing('degrees.yaml') }],
  ])('%s', (_what, from, to, problem) => {
    expect(degrees).toContain(from)
    expect(problems(small, degrees.replace(from, to))).toEqual(
      expect.arrayContaining([expect.objectContaining(problem)]),
    )
  })

  it('a fragment that holds itself', () => {
    expect(
      problems(
        `${small}fragments:\n  a: { element: A, children: [{ use: a }] }\n  b: { element: B, children: [{ use: a }] }\n`.replace(
          '        - { element: Title',
          '        - { use: b }\n        - { element: Title',
        ),
      ),
    ).toMatchObject([{ field: containing('fragments.a.children[0].use'), value: 'a' }])
  })

  it('all at once', () => {
    expect(
      problems(change('field: urgency', 'field: urgenzy').replace('field: file.name', 'field: file.nam')).length,
    ).toBeGreaterThan(1)
  })
})

describe('loading folders', () => {
  it('takes a city’s own profile and table in place of the project’s', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'yizhan-profiles-'))
    onTestFinished(() => rm(folder, { recursive: true, force: true }))
    await mkdir(join(folder, 'profiles'))
    await mkdir(join(folder, 'codes'))
    await writeFile(join(folder, 'profiles', 'small.yaml'), small)
    await writeFile(join(folder, 'codes', 'degrees.yaml'), degrees)
    await writeFile(
      join(folder, 'codes', 'urgency-docxg.yaml'),
      (await readFile('config/codes/urgency-docxg.yaml', 'utf8')).replace('平件', '一般件'),
    )
    const [own, shared] = [await loadProfiles(folder), await loadProfiles()]
    expect([...own.keys()]).toEqual(['docxg', 'epoint', 'small', 'yizhan'])
    expect([...shared.keys()]).toEqual(['docxg', 'epoint', 'yizhan'])
    // The revision tells that a table of the profile is another one.
    expect(own.get('docxg')?.revision).not.toBe(shared.get('docxg')?.revision)
    expect(own.get('yizhan')?.revision).toBe(shared.get('yizhan')?.revision)
    await writeFile(join(folder, 'profiles', 'small.yaml'), change('urgency', 'urgenzy'))
    await expect(loadProfiles(folder)).rejects.toThrow(ConfigError)
  })

  it('tells the quirks that a profile switches on', async () => {
    expect((await loadProfiles()).get('epoint')?.quirks).toEqual(
      expect.arrayContaining(['unescapedAmpersand', 'doubledEndTags UserArea', 'declaredEncoding']),
    )
  })
})
