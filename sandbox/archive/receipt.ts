import iconv from 'iconv-lite'
import { Builder } from 'xml2js'
import type { Verdict } from './item.ts'

/** The receipt as a file: XML, GB18030. */
export function receiptOf(verdict: Verdict): Buffer {
  const refused = verdict.result === 'refused'
  const items = verdict.findings.filter(({ position }) => position !== undefined)
  const notes = verdict.findings.filter(({ position }) => position === undefined).map(({ reason }) => reason)
  const builder = new Builder({ rootName: '移交回执', xmldec: { version: '1.0', encoding: 'GB18030' } })
  const xml = builder.buildObject({
    批次号: verdict.batch,
    结果: refused ? '拒收' : '接收',
    时间: verdict.at,
    接收人: '档案接收科',
    ...(notes.length === 0 ? {} : { 说明: notes.join('；') }),
    ...(items.length === 0
      ? {}
      : {
          文件: items.map(({ position, archiveNumber, reason }) => ({
            顺序号: position,
            档号: archiveNumber,
            原因: reason,
          })),
        }),
  })
  return iconv.encode(xml, 'gb18030')
}
