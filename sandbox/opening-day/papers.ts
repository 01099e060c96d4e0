import type { Paper, PaperFile, UrgencyWord } from '../oa/paper.ts'
import { pdfOf, sheetOf } from './files.ts'
import type { Random } from './random.ts'

const SUBJECTS = [
  '进一步加强安全生产工作',
  '做好春季森林防火工作',
  '开展食品安全专项整治',
  '推进行政审批制度改革',
  '加快农田水利基本建设',
  '做好第六次全国人口普查后续工作',
  '规范政府投资项目管理',
  '加强非物质文化遗产保护',
  '开展校园及周边环境综合治理',
  '落实强农惠农政策',
  '推进政府信息公开',
  '做好防汛抗旱准备工作',
  '整顿和规范市场经济秩序',
  '加强城区扬尘与“禁烧”管理',
  '做好军转干部安置工作',
  '推进农村公路“村村通”养护',
] as const
const MATTERS = [
  '上半年重点工作进展',
  '安全生产大检查情况',
  '扩建业务用房',
  '增加专项经费',
  '汛期值班安排',
  '行政执法责任制落实情况',
  '信访积案化解情况',
  '招商引资项目进展',
  '困难群众生活补贴发放情况',
  '机关作风建设情况',
] as const
export const REPORT_TYPES = ['请示', '报告', '信息', '简报'] as const

/** Document numbers of the day, running on for each code; shared by all episodes, so that none is used twice. */
export class NumberBook {
  readonly #random: Random
  readonly #serials = new Map<string, number>()

  constructor(random: Random) {
    this.#random = random
  }

  /** 周政办〔2011〕184号, then 185号 and so on; each code starts somewhere else, above the famous 83. */
  next(code: string): string {
    const serial = (this.#serials.get(code) ?? 100 + this.#random.integer(0, 200)) + 1
    this.#serials.set(code, serial)
    return `${code}〔2011〕${serial}号`
  }
}

/** Writes an episode's papers; contents follow from the seed. */
export class PaperMill {
  readonly #random: Random
  readonly #numbers: NumberBook
  readonly #prefix: string
  #count = 0

  /** @param prefix makes keys differ from those of other episodes, and of earlier runs on the same data */
  constructor(random: Random, numbers: NumberBook, prefix: string) {
    this.#random = random
    this.#numbers = numbers
    this.#prefix = prefix
  }

  /** An OA's own id for its next submission. */
  key(unit: string): string {
    this.#count++
    return `${unit}-${this.#prefix}-${String(this.#count).padStart(4, '0')}`
  }

  /** A notice that the city government's office issues. */
  notice(
    unit: string,
    to: string,
    more: {
      readonly cc?: string
      readonly urgency?: UrgencyWord
      readonly number?: string
      readonly subject?: string
      readonly size?: number
      readonly annexes?: number
      readonly releaseLevel?: string
      readonly documentType?: string
      readonly issuers?: Paper['issuers']
    } = {},
  ): Paper {
    const subject = more.subject ?? this.#random.pick(SUBJECTS)
    const number = more.number ?? this.#numbers.next('周政办')
    const title = `周口市人民政府办公室关于${subject}的通知`
    return {
      key: this.key(unit),
      number,
      title,
      documentType: more.documentType ?? '通知',
      issuers: more.issuers,
      urgency: more.urgency ?? '普通',
      to,
      cc: more.cc,
      releaseLevel: more.releaseLevel,
      date: this.#date(),
      files: this.files(
        number,
        more.size ?? this.#random.integer(2_000, 12_000),
        more.annexes ?? this.#random.integer(0, 1),
        title,
      ),
    }
  }

  /** What a unit sends up. */
  report(unit: string, name: string, to: string, documentType: string, issuers?: Paper['issuers']): Paper {
    const number = this.#numbers.next(
      `${name.replace(/^市|政府$|管委会$|区委会$/gu, '')}${documentType === '请示' || documentType === '报告' ? '' : documentType}`,
    )
    const title = `${name}关于${this.#random.pick(MATTERS)}的${documentType}`
    return {
      key: this.key(unit),
      number,
      title,
      documentType,
      urgency: this.#random.pick(['普通', '普通', '加急'] as const),
      to,
      date: this.#date(),
      issuers,
      signer: this.#random.pick(['张建国', '李卫东', '王秀英', '赵志强', '刘桂兰']),
      files: this.files(number, this.#random.integer(1_000, 30_000), this.#random.integer(0, 2), title),
    }
  }

  /** A main file of about `size` bytes, and annexes. */
  files(number: string, size: number, annexes: number, title = '公文正文'): PaperFile[] {
    const main = pdfOf([title, number, '沙盒公文，内容纯属虚构。'], this.#random, size)
    return [
      { name: `${number}.pdf`, role: 'main', bytes: main },
      ...Array.from({ length: annexes }, (_, i): PaperFile => {
        const rows = Array.from(
          { length: this.#random.integer(5, 40) },
          (_row, n) => `任务${n + 1}：${this.#random.bytes(12).toString('hex')}`,
        )
        return {
          name: `附件${i + 1}：任务分解表.xlsx`,
          role: 'annex',
          bytes: sheetOf([`${number} 任务分解表`, ...rows]),
        }
      }),
    ]
  }

  #date(): string {
    return `2011-${String(this.#random.integer(6, 9)).padStart(2, '0')}-${String(this.#random.integer(1, 28)).padStart(2, '0')}`
  }
}
