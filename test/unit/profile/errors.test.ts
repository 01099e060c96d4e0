import { beforeAll, describe, expect, it } from 'vitest'
import { atOnce } from '../../../core/util/turns.ts'
import { YizhanError } from '../../../core/errors/error.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { mostProblems } from '../../../core/mapping/profile/problems.ts'
import type { DocumentMessage } from '../../../core/message/schema.ts'
import { edit, profileError, readDocument } from './lib/edit.ts'
import { sample, theContext, theDocument, theReturn } from './lib/fixed.ts'
import { containing } from '../lib/match.ts'

let profiles: ReadonlyMap<string, CompiledProfile>
const profile = (id: string): CompiledProfile => profiles.get(id) as CompiledProfile
const send = sample('epoint-send.xml')
const submit = sample('yizhan-submit.xml')
const refused = (id: string, form: string, text: string) => profileError(() => readDocument(profile(id), form, text))

beforeAll(async () => {
  profiles = await loadProfiles()
})

describe('reading names the dialect’s own path, the value and the rule', () => {
  it.each<[string, string, string, string, object]>([
    [
      'epoint',
      'Send',
      '<标题>关于做好 A&amp;B 两河防汛工作的通知</标题>',
      '<标题> </标题>',
      { field: '公文体/主体/标题', rule: containing('必填') },
    ],
    ['epoint', 'Send', '<标题>关于做好 A&amp;B 两河防汛工作的通知</标题>', '', { field: '公文体/主体/标题' }],
    [
      'epoint',
      'Send',
      '<紧急程度>紧急<',
      '<紧急程度>马上<',
      { field: '公文体/眉首/紧急程度', value: '马上', rule: '取值 / one of: 紧急、较急、普通' },
    ],
    ['epoint', 'Send', '<印发份数>120<', '<印发份数>一百<', { field: '公文体/版记/印制版记/印发份数', value: '一百' }],
    [
      'epoint',
      'Send',
      '公文种类="通知"',
      `公文种类="${'长'.repeat(21)}"`,
      { field: '电子公文/@公文种类', rule: containing('20') },
    ],
    [
      'epoint',
      'Send',
      '文件名="通知.doc"',
      '文件名=""',
      { field: '公文体/主体/正文/版式文件[1]/@文件名', rule: containing('必填') },
    ],
    [
      'yizhan',
      'Submit',
      '<copyToDepartment>市委各部门<',
      `<copyToDepartment>${'部'.repeat(4001)}<`,
      { field: 'document/copyToDepartment', value: '部'.repeat(200), rule: containing('4000') },
    ],
    [
      'yizhan',
      'Submit',
      '<printingCopies>120<',
      '<printingCopies>-1<',
      { field: 'document/printingCopies', value: '-1' },
    ],
    [
      'yizhan',
      'Submit',
      '<dualTrack>true<',
      '<dualTrack>maybe<',
      { field: 'document/dualTrack', value: 'maybe', rule: '取值 / one of: true、1、false、0' },
    ],
    [
      'yizhan',
      'Submit',
      '<direction>issue<',
      '<direction>sideways<',
      { field: 'document/direction', value: 'sideways' },
    ],
    ['yizhan', 'Submit', '<role>annex<', '<role>cover<', { field: 'document/files/file[2]/role', value: 'cover' }],
    [
      'yizhan',
      'Submit',
      '<size>9<',
      '<size>10<',
      { field: 'document/files/file[2]/size', value: '10', rule: containing('9') },
    ],
    [
      'yizhan',
      'Submit',
      '<digest>sha256:8f',
      '<digest>sha257:8f',
      { field: 'document/files/file[1]', rule: containing('sha256') },
    ],
    [
      'yizhan',
      'Submit',
      '<name>通知.doc<',
      '<name>../通知.doc<',
      { field: 'document/files/file[1]', value: '../通知.doc' },
    ],
    [
      'yizhan',
      'Submit',
      '<releaseLevel>县团级</releaseLevel>',
      '<releaseLevel>县团级</releaseLevel><releaseLevel>公开</releaseLevel>',
      { field: 'document/releaseLevel', rule: containing('at most once') },
    ],
    [
      'yizhan',
      'Submit',
      '<signer>甲某</signer>',
      '<signer><b>甲某</b></signer>',
      { field: 'document/signer', value: 'b' },
    ],
    [
      'yizhan',
      'Submit',
      '<topicWords>',
      '<topicWords>防汛',
      { field: 'document/topicWords', rule: containing('no text here') },
    ],
    ['yizhan', 'Submit', '<signer>', '<signer xmlns="urn:other">', { field: 'document/signer' }],
  ])('%s %s: %.30s → %.30s', (id, form, from, to, problem) => {
    const { code, problems, facts } = refused(id, form, edit(id === 'epoint' ? send : submit, from, to))
    expect(code).toBe('PROFILE_FIELD')
    expect(problems).toEqual([expect.objectContaining(problem)])
    expect(facts).toMatchObject({ ...problem, detail: `${id} ${form}` })
  })

  it('names the root that it wanted', () => {
    expect(refused('yizhan', 'Submit', '<Submitt xmlns="urn:yizhan:oa:1"/>').problems).toEqual([
      { field: 'Submit', value: 'Submitt', rule: containing('urn:yizhan:oa:1') },
    ])
  })

  it('an item that is no message', () => {
    expect(refused('yizhan', 'Item', '<item xmlns="urn:yizhan:oa:1"><id>1</id></item>').problems).toEqual([
      { field: 'item', rule: containing('reply') },
    ])
  })

  it('acts need what they are about, and a return its reason', () => {
    expect(
      refused(
        'yizhan',
        'ReturnDocument',
        '<ReturnDocument xmlns="urn:yizhan:oa:1"><by>甲</by></ReturnDocument>',
      ).problems.map((problem) => problem.field),
    ).toEqual(['id', 'reason'])
    expect(
      refused('epoint', 'Sign', '<paras><originalPaperGUID>null</originalPaperGUID></paras>').problems.map(
        (problem) => problem.field,
      ),
    ).toEqual(['originalPaperGUID'])
  })

  it('a file without content, and one without a name', () => {
    expect(refused('yizhan', 'Submit', submit.replace(/<content>[^<]*<\/content>/, '')).problems).toEqual([
      { field: 'document/files/file[1]/content', rule: '必填 / required', value: undefined },
    ])
    expect(refused('yizhan', 'Submit', edit(submit, '<name>通知.doc</name>', '')).problems).toEqual([
      { field: 'document/files/file[1]/name', rule: '必填 / required', value: undefined },
    ])
  })
})

describe('all broken rules are collected', () => {
  it('in one error, the first in its facts', () => {
    const text = edit(
      edit(
        edit(submit, '<documentDate>2011-05-20<', '<documentDate>gestern<'),
        '<printingCopies>120<',
        '<printingCopies>x<',
      ),
      '<emergencyDegree>特急<',
      '<emergencyDegree>火急<',
    )
    const error = refused('yizhan', 'Submit', text)
    expect(error.problems.map((problem) => problem.field)).toEqual([
      'document/emergencyDegree',
      'document/documentDate',
      'document/printingCopies',
    ])
    expect(error.facts).toMatchObject({ field: 'document/emergencyDegree', value: '火急', rule: containing('共 3 处') })
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      code: 'PROFILE_FIELD',
      problems: [{ value: '火急' }, { value: 'gestern' }, { value: 'x' }],
    })
    expect(error.zh).toContain('document/emergencyDegree')
  })

  it(`up to ${mostProblems}`, () => {
    const many = edit(submit, '</document>', `${'<x/>'.repeat(500)}</document>`)
    expect(refused('yizhan', 'Submit', many).problems).toHaveLength(mostProblems)
  })
})

describe('what must not be told', () => {
  it('content of files never stands in an error', () => {
    const secret = Buffer.from('geheimer Inhalt '.repeat(500)).toString('base64')
    const texts = [`${secret}!`, `${secret}${secret}=x`, secret.slice(1), `<i>${secret}</i>`]
    for (const text of texts) {
      const error = refused(
        'yizhan',
        'Submit',
        submit.replace(/<content>[^<]*<\/content>/, () => `<content>${text}</content>`),
      )
      expect(error.problems[0]?.field).toBe('document/files/file[1]/content')
      expect(JSON.stringify(error) + error.message).not.toContain(secret.slice(1, 40))
    }
  })

  it.each([
    ['a 密级', '<securityClass>公开<', '<securityClass>机密★5年<'],
    ['the lowest 密级', '<securityClass>公开<', '<securityClass>秘密<'],
    ['a 密级 too long to be read', '<securityClass>公开<', `<securityClass>${'绝'.repeat(30)}<`],
    ['a 份号', '<securityClass>', '<serialNumberOfCopies>000012</serialNumberOfCopies><securityClass>'],
    ['a 保密期限', '<securityClass>', '<secrecyPeriod>10年</secrecyPeriod><securityClass>'],
    ['a ★ in the title', '<documentTitle>', '<documentTitle>★'],
    ['a mark in the broken value', '<signer>甲某<', `<signer>绝密★长期${'绝密'.repeat(80)}<`],
    ['a mark in a file name', '<name>通知.doc<', '<name>【机密】通知.doc<'],
  ])('%s: no value is quoted, and the error says so', (_what, from, to) => {
    const error = refused(
      'yizhan',
      'Submit',
      edit(edit(submit, from, to), '<annotation>此件公开发布<', `<annotation>${'某事'.repeat(1500)}<`),
    )
    expect(error.classified).toBe(true)
    for (const problem of error.problems) expect(problem.value ?? '（可能涉密').toContain('可能涉密')
    expect(JSON.stringify(error)).not.toMatch(/某事|绝绝|绝密|000012|★/)
  })

  it('a word that names a class in a sentence: no value is quoted, but it is no classified document', () => {
    const error = refused(
      'yizhan',
      'Submit',
      edit(
        edit(submit, '<documentTitle>关于', '<documentTitle>关于机密级计算机报废、'),
        '<signer>甲某<',
        `<signer>${'某机密级事项'.repeat(80)}<`,
      ),
    )
    expect(error.classified).toBe(false)
    expect(error.problems[0]?.value).toContain('可能涉密')
  })

  it('商业秘密 in a title is a subject', () => {
    const error = refused(
      'yizhan',
      'Submit',
      edit(
        edit(submit, '<documentTitle>关于', '<documentTitle>关于保护商业秘密、'),
        '<dualTrack>true<',
        '<dualTrack>ja<',
      ),
    )
    expect([error.classified, error.problems[0]?.value]).toEqual([false, 'ja'])
  })

  it.each(['公开', '内部', '工作秘密'])('密级 %s is no state secret', (securityClass) => {
    const error = refused(
      'yizhan',
      'Submit',
      edit(
        edit(submit, '<securityClass>公开<', `<securityClass>${securityClass}<`),
        '<dualTrack>true<',
        '<dualTrack>ja<',
      ),
    )
    expect([error.classified, error.problems[0]?.value]).toEqual([false, 'ja'])
  })
})

describe('writing checks the same rules', () => {
  const write = (
    id: string,
    form: string,
    change: Partial<DocumentMessage> = {},
    document: Partial<DocumentMessage['document']> = {},
    context = theContext,
  ): Buffer[] =>
    profile(id).write(form, { ...theDocument, ...change, document: { ...theDocument.document, ...document } }, context)

  it('what a dialect has no word for', () => {
    expect(profileError(() => write('epoint', 'Fetch', { urgency: 'soon' as never })).problems).toMatchObject([
      { field: '公文体/眉首/紧急程度', value: 'soon' },
    ])
  })

  it('what is too long, missing, or holds the separator', () => {
    expect(profileError(() => write('docxg', 'DOCSUMMARYS', {}, { topicWords: ['春耕;备耕'] })).problems).toMatchObject(
      [{ field: 'KEYWORD' }],
    )
    expect(profileError(() => write('yizhan', 'Submit', {}, { title: '长'.repeat(1001) })).problems).toMatchObject([
      { field: 'document/documentTitle' },
    ])
    expect(
      profileError(() =>
        profile('yizhan').write(
          'ReturnDocument',
          { ...theReturn, return: { ...(theReturn as { return: object }).return, reason: '' } } as never,
          theContext,
        ),
      ).problems,
    ).toMatchObject([{ field: 'reason', rule: containing('必填') }])
  })

  it('files whose bytes are not there, and addresses that nobody gave', () => {
    const bare = { deliveryId: theContext.deliveryId, unit: theContext.unit }
    expect(profileError(() => write('yizhan', 'Item', {}, {}, bare)).problems.map((problem) => problem.field)).toEqual([
      'document/files/file[1]/content',
      'document/files/file[2]/content',
    ])
    expect(
      profileError(() => write('docxg', 'DOCSUMMARYS', {}, {}, bare)).problems.map((problem) => problem.field),
    ).toEqual(['ATTS/ATT[1]/URL', 'ATTEXTS/ATTEXT[1]/URL'])
  })

  it('characters that XML cannot hold', () => {
    expect(() => write('yizhan', 'Item', {}, { title: '一\u0000二' })).toThrow(
      expect.objectContaining({ code: 'XML_CHARACTER' }),
    )
  })

  it('a message that the form does not carry', () => {
    expect(profileError(() => profile('epoint').write('Fetch', theReturn, theContext)).problems).toMatchObject([
      { value: 'return' },
    ])
    expect(profileError(() => profile('epoint').write('Notice', theDocument, theContext)).problems).toMatchObject([
      { value: 'document' },
    ])
  })

  it('a form used the wrong way, or one that is not there', () => {
    const element = atOnce(profile('yizhan').parse('<ListItems xmlns="urn:yizhan:oa:1"/>')).element
    for (const act of [
      () => profile('yizhan').read('ListItems', element),
      () => profile('yizhan').write('ListItems', theDocument, theContext),
      () => profile('yizhan').writeRecord('Submit', {}),
      () => profile('yizhan').read('ListItem', element),
      () => profile('yizhan').read('Nix', element),
    ]) {
      expect(act).toThrow(YizhanError)
    }
  })
})
