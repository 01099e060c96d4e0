/**
 * Values of 发布层次 or 公开属性 that publish a document. The list is closed: whatever else a field says (不公开, 公开
 * （依申请）, 公开范围：内部) publishes nothing, for what has been published cannot be taken back.
 */
export const PUBLIC_LEVELS = ['公开', '主动公开', '全文公开', '公开发布', '向社会公开'] as const

/**
 * Whether a document with this release level is to be published. Width and blanks do not matter, anything else does.
 */
export function publishes(releaseLevel: string | undefined): boolean {
  const level = releaseLevel?.normalize('NFKC').replace(/\s+/gu, '')
  return PUBLIC_LEVELS.some((one) => one === level)
}
