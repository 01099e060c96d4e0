import { describe, expect, it } from 'vitest'
import { directionOf, goesUp } from '../../../core/message/document-type.ts'

describe('document types', () => {
  it.each(['报告', '请示', '信息', '简报', '值班快报', '工作报告', ' 请示 '])('%s goes up', (type) => {
    expect(goesUp(type)).toBe(true)
    expect(directionOf(type)).toBe('report')
  })

  it.each(['通知', '决定', '函', '纪要', '批复', undefined])('%s is issued', (type) => {
    expect(directionOf(type)).toBe('issue')
  })
})
