import type { PortalFile } from './port.ts'
import type { Petition } from './petition.ts'

/** As old OA systems show it: UTF-8 with its mark, so that no program takes it for GBK. */
const BOM = '\ufeff'

/**
 * The petition as a text that a clerk can read, the main file of what the responsible unit gets. The same petition
 * gives the same bytes: no times, no ids. It holds contact data, and so goes where the petition goes.
 */
export function petitionPaper(petition: Petition, files: readonly Pick<PortalFile, 'name'>[]): Buffer {
  const { petitioner, place } = petition
  const lines = [
    `信访件：${petition.title}`,
    '',
    row('目的', petition.purpose),
    row('内容分类', petition.category),
    row('问题属地', [place.name, place.code].filter((part) => part !== undefined).join(' ')),
    row('信访人', petitioner.name),
    row('联系电话', petitioner.phone),
    row('证件号码', petitioner.idNumber),
    row('电子邮箱', petitioner.email),
    row('住址', petitioner.address),
    row('被反映单位或人员', petition.accused),
    row('是否同意公开', petition.publish ? '是' : '否'),
    row('附件', files.map(({ name }) => name).join('、')),
    '',
    '内容：',
    petition.text,
    '',
  ]
  return Buffer.from(
    BOM +
      lines
        .filter((line) => line !== undefined)
        .join('\n')
        .replaceAll('\n', '\r\n'),
    'utf8',
  )
}

function row(name: string, value: string | undefined): string | undefined {
  return value === undefined || value === '' ? undefined : `${name}：${value}`
}
