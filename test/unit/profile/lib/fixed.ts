import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { WriteContext } from '../../../../core/mapping/port.ts'
import type { DocumentMessage, FileRef, Message } from '../../../../core/message/schema.ts'

const folder = join(import.meta.dirname, '..', 'samples')

/** A sample of a dialect, made for these tests. */
export function sample(name: string): string {
  return readFileSync(join(folder, name), 'utf8')
}

function file(name: string, role: FileRef['role'], mediaType: string, text: string): { ref: FileRef; bytes: Buffer } {
  const bytes = Buffer.from(text)
  return {
    bytes,
    ref: {
      name,
      role,
      mediaType,
      size: bytes.length,
      digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    },
  }
}

const files = [
  file('通知.doc', 'main', 'application/msword', '关于做好防汛工作的通知：正文'),
  file('责任分工表.xls', 'annex', 'application/vnd.ms-excel', '附件一'),
]

const envelope = {
  id: 'zk-1',
  trace: 'zk-1',
  from: { unit: 'zhengfuban', name: '市政府办公室' },
  urgency: 'extra-urgent' as const,
  acceptedAt: '2011-05-20T01:02:03.000Z',
  recipients: [
    { unit: 'caizhengju', name: '市财政局', role: 'to' as const },
    { unit: 'xihua', name: '西华县政府', role: 'cc' as const },
  ],
  origin: { system: 'oa-yizhan', externalId: 'FW-2011-0083' },
}

/** 周政办〔2011〕83号 with a main file and an annex. */
export const theDocument: DocumentMessage = {
  schema: 'document/1',
  kind: 'document',
  ...envelope,
  number: '周政办〔2011〕83号',
  dualTrack: true,
  files: files.map(({ ref }) => ref),
  document: {
    direction: 'issue',
    identifier: 'ZK20110083',
    documentType: '通知',
    title: '关于做好 A&B 两河防汛工作的通知',
    issuerMark: '周口市人民政府办公室文件',
    signer: '甲某',
    mainRecipients: '各县（市、区）人民政府，市人民政府各部门',
    copyRecipients: '市委各部门',
    attachmentNote: '1. 责任分工表',
    signature: '周口市人民政府办公室',
    date: '2011-05-20',
    annotation: '此件公开发布',
    printer: '周口市人民政府办公室',
    printDate: '2011-05-21',
    copies: 120,
    releaseLevel: '县团级',
    topicWords: ['防汛', '通知'],
    securityClass: '公开',
    text: '正文文字',
  },
}

/** A return of that document by a unit. */
export const theReturn: Message = {
  schema: 'return/1',
  kind: 'return',
  ...envelope,
  id: 'zk-2',
  files: [],
  from: { unit: 'xihua', name: '西华县政府' },
  about: {
    id: 'zk-1',
    number: '周政办〔2011〕83号',
    title: '关于做好 A&B 两河防汛工作的通知',
    from: { unit: 'zhengfuban', name: '市政府办公室' },
    direction: 'issue',
    externalId: 'FW-2011-0083',
  },
  return: { reason: '附件打不开', reasonCode: 'missing-attachments', by: '乙某', at: '2011-05-20T08:00:00.000Z' },
}

/** The copy for 市财政局. */
export const theContext: WriteContext = {
  deliveryId: 'zk-1/caizhengju',
  unit: { id: 'caizhengju', name: '市财政局', codes: ['ZK-009'] },
  codeOf: (unit) => ({ zhengfuban: 'ZK-001', caizhengju: 'ZK-009', xihua: 'ZK-058' })[unit] ?? unit,
  bodies: new Map(files.map(({ ref, bytes }) => [ref.digest, bytes])),
  urlOf: (ref) => `http://127.0.0.1:8630/files/${ref.digest.slice(7, 19)}`,
}

export const theBodies: ReadonlyMap<string, Buffer> = new Map(files.map(({ ref, bytes }) => [ref.name, bytes]))
