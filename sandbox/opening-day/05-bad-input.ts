import iconv from 'iconv-lite'
import type { Paper } from '../oa/paper.ts'
import { attack, envelope, gzipBomb, wellRefused, XML_BOMB, type Saying } from './attacks.ts'
import type { Stage } from './stage.ts'
import { tracesOf } from './traces.ts'

const ALL: Saying = { field: true, value: true, rule: true }

interface Bad {
  readonly name: string
  /** the code with which the door must refuse it */
  readonly code: string
  readonly unit: string
  readonly saying: Saying
  readonly action: () => Promise<string>
}

/**
 * ⑤ Bad input of every kind, each refused at the door with its own error, and nothing of it kept that should not be;
 * and the same submission sent twice, which gets the same answer and is delivered once.
 */
export async function badInput(stage: Stage, data: string): Promise<void> {
  const { city, random } = stage
  const [own = ''] = random.sample(1, stage.speaking('yizhan'))
  const [old = ''] = random.sample(1, stage.speaking('epoint'))
  const marker = `涉密演练${random.integer(100_000_000, 999_999_999)}`
  const cases = [
    ...classified(stage, own, old, marker),
    ...bytes(stage, own),
    ...rules(stage, own),
    await numberInUse(stage, own),
    ...accounts(stage, own),
  ]
  stage.say(`⑤ 不合规输入 Bad input: ${cases.length} 种 kinds`)
  await Promise.all(
    random.shuffle(cases).map((bad, n) =>
      city.desk.clerk.attempt(
        {
          id: `bad-${city.desk.run}-${n}`,
          episode: stage.episode,
          kind: 'bad',
          unit: bad.unit,
          system: city.unit(bad.unit).system,
          title: bad.name,
          refusal: bad.code,
        },
        () => wellRefused(bad.action, bad.saying),
      ),
    ),
  )
  await Promise.all([twice(stage, own), twice(stage, old)])
  const traces = tracesOf(marker, data)
  await city.desk.clerk.note({
    t: 'check',
    at: new Date().toISOString(),
    check: 'nothing-kept',
    zh: '涉密公文不留痕迹',
    en: 'nothing of a classified document is kept',
    ok: traces.length === 0,
    detail: traces.join(', '),
  })
  stage.say(
    `⑤ ${cases.length} 种均已核对 kinds tried; ${traces.length === 0 ? '涉密件无残留 nothing of the classified kept' : `残留 traces: ${traces.join(', ')}`}`,
  )
}

function classified(stage: Stage, own: string, old: string, marker: string): Bad[] {
  const secret = (unit: string, change: Partial<Paper>): Paper => {
    const paper = stage.mill.report(unit, stage.name(unit), stage.name(stage.office), '报告')
    return {
      ...paper,
      title: `关于${marker}的报告`,
      files: [{ name: `${marker}.pdf`, role: 'main', bytes: Buffer.from(`%PDF-1.4 ${marker} `.repeat(50)) }],
      ...change,
    }
  }
  const copyNumber = envelope(
    fields({
      submissionId: stage.mill.key(own),
      documentType: '报告',
      serialNumberOfCopies: '000001',
      documentTitle: `关于${marker}的报告`,
      mainReceiverDepartment: stage.name(stage.office),
    }),
  )
  const saying = { field: true, rule: true }
  return [
    {
      name: '涉密公文（密级） classified',
      code: 'CLASSIFIED',
      unit: own,
      saying,
      action: () => stage.city.oa(own).submit(secret(own, { securityClass: '机密' })),
    },
    {
      name: '涉密公文（份号） a copy number',
      code: 'CLASSIFIED',
      unit: own,
      saying,
      action: () => attack(stage.station(), { body: copyNumber, login: stage.login(own) }),
    },
    {
      name: '涉密公文（新点方言） classified, dialect A',
      code: 'CLASSIFIED',
      unit: old,
      saying: {},
      action: () => stage.city.oa(old).submit(secret(old, { securityClass: '秘密★1年' })),
    },
    {
      name: '涉密公文（标题带★） marked in its title',
      code: 'CLASSIFIED',
      unit: old,
      saying: {},
      action: () => stage.city.oa(old).submit(secret(old, { title: `★关于${marker}的报告` })),
    },
  ]
}

/** What is wrong before anybody reads the content. */
function bytes(stage: Stage, unit: string): Bad[] {
  const good = envelope(
    fields({
      submissionId: stage.mill.key(unit),
      documentTitle: '测试',
      mainReceiverDepartment: stage.name(stage.office),
    }),
  )
  const to =
    (body: Buffer, headers: Record<string, string> = {}) =>
    () =>
      attack(stage.station(), { body, headers, login: stage.login(unit) })
  return [
    {
      name: '残缺的 XML malformed',
      code: 'XML_MALFORMED',
      unit,
      saying: {},
      action: to(good.subarray(0, good.length - 40)),
    },
    {
      name: 'XML 炸弹 entity bomb',
      code: 'XML_DOCTYPE',
      unit,
      saying: {},
      action: to(envelope(fields({ documentTitle: '&j;' }, false), XML_BOMB)),
    },
    {
      name: 'gzip 炸弹 gzip bomb',
      code: 'TOO_LARGE',
      unit,
      saying: ALL,
      action: to(gzipBomb(), { 'content-encoding': 'gzip' }),
    },
    {
      name: '冒充 gzip not gzip at all',
      code: 'GZIP_INVALID',
      unit,
      saying: {},
      action: to(good, { 'content-encoding': 'gzip' }),
    },
    {
      name: '编码不符 wrong encoding',
      code: 'ENCODING_INVALID',
      unit,
      saying: {},
      action: to(iconv.encode(good.toString(), 'gbk')),
    },
  ]
}

/** What the rules of the field forbid. */
function rules(stage: Stage, unit: string): Bad[] {
  const { city, mill } = stage
  const report = (change: Partial<Paper>): Paper => ({
    ...mill.report(unit, stage.name(unit), stage.name(stage.office), '报告'),
    ...change,
  })
  const large = report({})
  const damaged = envelope(
    fields({
      submissionId: mill.key(unit),
      documentType: '报告',
      issuedNumberOfDocument: report({}).number,
      documentTitle: '关于附件损坏的报告',
      mainReceiverDepartment: stage.name(stage.office),
    }) +
      `<files><file><name>正文.pdf</name><role>main</role><digest>sha256:${'0'.repeat(64)}</digest><content>${stage.random.bytes(900).toString('base64')}</content></file></files>`,
  )
  return [
    {
      name: '超过大小上限 too large',
      code: 'TOO_LARGE',
      unit,
      saying: ALL,
      action: () =>
        city.oa(unit).submit({
          ...large,
          files: mill
            .files(large.number, 1_700_000, 0)
            .concat(mill.files('附件', 1_600_000, 0).map((file) => ({ ...file, role: 'annex' }))),
        }),
    },
    {
      name: '收文单位不明 unknown recipient',
      code: 'UNKNOWN_RECIPIENT',
      unit,
      saying: ALL,
      action: () => city.oa(unit).submit(report({ to: '市政府办公室，市火星事务局' })),
    },
    {
      name: '附件摘要不符 digest mismatch',
      code: 'DIGEST_MISMATCH',
      unit,
      saying: ALL,
      action: () => attack(stage.station(), { body: damaged, login: stage.login(unit) }),
    },
  ]
}

/** A number that a live document of the same unit has. */
async function numberInUse(stage: Stage, unit: string): Promise<Bad> {
  const first = stage.mill.report(unit, stage.name(unit), stage.name(stage.office), '报告')
  const second = {
    ...stage.mill.report(unit, stage.name(unit), stage.name(stage.office), '报告'),
    number: first.number,
  }
  await stage.issue(unit, first, { kind: 'report', address: { units: [stage.office] } })
  return {
    name: '字号已用 number in use',
    code: 'NUMBER_IN_USE',
    unit,
    saying: { value: true, rule: true },
    action: () => stage.city.oa(unit).submit(second),
  }
}

function accounts(stage: Stage, unit: string): Bad[] {
  const [other = ''] = stage.random.sample(
    1,
    stage.speaking('yizhan').filter((one) => one !== unit),
  )
  const body = (from: string): Buffer =>
    envelope(
      fields({
        submissionId: stage.mill.key(unit),
        from,
        documentType: '报告',
        documentTitle: '关于账号的报告',
        mainReceiverDepartment: stage.name(stage.office),
      }),
    )
  return [
    {
      name: '口令错误 wrong password',
      code: 'UNAUTHENTICATED',
      unit,
      saying: { field: true },
      action: () => attack(stage.station(), { body: body(unit), login: { ...stage.login(unit), password: 'guess' } }),
    },
    {
      name: '冒充别的单位 speaks for another',
      code: 'NOT_ENTITLED',
      unit,
      saying: ALL,
      action: () => attack(stage.station(), { body: body(other), login: stage.login(unit) }),
    },
  ]
}

/** The same submission again, as after a lost answer: the same acceptance number, and one copy. */
async function twice(stage: Stage, unit: string): Promise<void> {
  const { city, mill } = stage
  const paper = mill.report(unit, stage.name(unit), stage.name(stage.office), '信息')
  await stage.issue(unit, paper, { kind: 'report', address: { units: [stage.office] } })
  await city.desk.send(city.oa(unit), paper, {
    episode: stage.episode,
    kind: 'again',
    id: `${paper.key}-again`,
    about: paper.key,
  })
  await stage.arrival(stage.office, paper)
}

function fields(values: Readonly<Record<string, string>>, escaped = true): string {
  return Object.entries(values)
    .map(
      ([name, value]) => `<${name}>${escaped ? value.replace(/&/g, '&amp;').replace(/</g, '&lt;') : value}</${name}>`,
    )
    .join('')
}
