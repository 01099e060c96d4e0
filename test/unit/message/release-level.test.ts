import { expect, it } from 'vitest'
import { PUBLIC_LEVELS, publishes } from '../../../core/message/release-level.ts'

it.each([...PUBLIC_LEVELS, ' 公开 ', '公 开', '主动公开\n'])('“%s” publishes', (level) => {
  expect(publishes(level)).toBe(true)
})

it.each([
  '不公开',
  '公开属性：不公开',
  '公开范围：内部',
  '公开（依申请）',
  '依申请公开',
  '公开(依申请)',
  '公开否',
  '暂不公开',
  '公开属性：主动公开',
  '公开至县团级',
  '部分公开',
  '内部',
  'public',
  '*',
  '',
  undefined,
])('“%s” publishes nothing', (level) => {
  expect(publishes(level)).toBe(false)
})
