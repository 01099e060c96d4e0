/**
 * Types that a unit sends upward (上报): GB/T 9704-2012 calls the first two 上行文; units send the others up as well.
 */
const upward: ReadonlySet<string> = new Set(['报告', '请示', '信息', '简报', '快报', '专报', '值班快报'])

/** Whether a document of this type goes up: also 工作报告, 情况报告, 紧急请示 and the like. */
export function goesUp(documentType: string): boolean {
  const type = documentType.trim()
  return upward.has(type) || type.endsWith('报告') || type.endsWith('请示')
}

/**
 * The direction of a document whose sender did not state one: reports and requests go up, everything else is issued.
 */
export function directionOf(documentType: string | undefined): 'issue' | 'report' {
  return documentType !== undefined && goesUp(documentType) ? 'report' : 'issue'
}
