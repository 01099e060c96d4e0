/** Words for what the server calls by code, Chinese first. */
export const KINDS = {
  document: '公文',
  receipt: '回执',
  return: '退文',
  withdrawal: '撤回',
  reply: '答复',
  notice: '通知',
}
export const DIALECTS = { epoint: '新点', docxg: '中威', yizhan: '驿站', files: '文件' }
export const DIALECT_NAMES = {
  epoint: '新点交换中心客户端（本单位来取）· calls the station, dialect A',
  docxg: '中威交换中心后的单位（站点去送）· behind the exchange centre, dialect B',
  yizhan: '驿站自有接口 · the SOAP service of the station itself',
  files: '只认文件（SFTP 或共享目录）· knows only files, over SFTP or in a shared folder',
}
export const STATES = { signed: '已签收 signed', returned: '已退文 returned', withdrawn: '已撤回 withdrawn' }
export const RETURN_REASONS = [
  '一文多事 several matters',
  '多头主送 several main recipients',
  '缺签发人或印章 no signer or seal',
  '附件不全 attachments missing',
  '不属本单位职权 not within our competence',
  '其他 other',
]
export const TYPES = ['通知', '会议通知', '通报', '决定', '意见', '函', '批复', '纪要', '请示', '报告', '信息', '简报']

/** @returns {string} what an item is, in a word or two */
export function kindOf(item) {
  if (item.kind === 'receipt') return item.state === 'taken' ? '自动回执' : '签收回执'
  return KINDS[item.kind] ?? item.kind
}
export const MODES = [
  ['on', '运行 on'],
  ['off', '停机 off'],
  ['hang', '不应答 hang'],
  ['garbage', '乱答 garbage'],
]
export const QUICK_ANSWERS = ['参加', '派员参加', '请假']
export const RESULTS = ['参加', '派员参加', '请假', '已办结']
export const REFUSALS = ['题名与正文不符', '正文无法打开', '缺处理单', '保管期限有误']
