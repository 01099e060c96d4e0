import { beforeAll, describe, expect, it } from 'vitest'
import { atOnce } from '../../../core/util/turns.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import { edit } from './lib/edit.ts'
import { sample } from './lib/fixed.ts'

let epoint: CompiledProfile
let yizhan: CompiledProfile
beforeAll(async () => {
  const profiles = await loadProfiles()
  ;[epoint, yizhan] = ['epoint', 'yizhan'].map((id) => profiles.get(id)) as [CompiledProfile, CompiledProfile]
})

function unreadOf(to: string, from = '</眉首>') {
  const { element } = atOnce(epoint.parse(edit(sample('epoint-send.xml'), from, to)))
  return epoint.read('Send', element).unread
}

describe('what a dialect does not describe is kept', () => {
  it('of elements, with all that is inside, and of attributes', () => {
    expect(unreadOf('<办理 时限="3天"><人 id="7">王五</人>请速办</办理></眉首>')).toEqual([
      { path: '公文体/眉首/办理', text: '请速办' },
      { path: '公文体/眉首/办理/@时限', text: '3天' },
      { path: '公文体/眉首/办理/人', text: '王五' },
      { path: '公文体/眉首/办理/人/@id', text: '7' },
    ])
    expect(unreadOf('<秘密等级 来源="旧系统">公开</秘密等级>', '<秘密等级>公开</秘密等级>')).toEqual([
      { path: '公文体/眉首/秘密等级/@来源', text: '旧系统' },
    ])
  })

  it('of text where none belongs, and of an element that stands twice', () => {
    expect(unreadOf('转自旧系统</眉首>')).toEqual([{ path: '公文体/眉首', text: '转自旧系统' }])
    expect(unreadOf('<紧急程度>特急</紧急程度></眉首>')).toEqual([{ path: '公文体/眉首/紧急程度', text: '特急' }])
  })

  it('but nothing where all is understood, and no declarations of the standards', () => {
    expect(unreadOf('</眉首>')).toEqual([])
    const typed = '<秘密等级 xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x:string">公开</秘密等级>'
    expect(unreadOf(typed, '<秘密等级>公开</秘密等级>')).toEqual([])
    const { element } = atOnce(yizhan.parse(sample('yizhan-submit.xml')))
    expect(yizhan.read('Submit', element).unread).toEqual([])
  })

  it('within bounds, and it is said how much more there was', () => {
    const many = unreadOf(`${Array.from({ length: 70 }, (_, n) => `<甲${n}>${n}</甲${n}>`).join('')}</眉首>`)
    expect(many).toHaveLength(51)
    expect(many.at(-1)).toEqual({ path: '…', text: '另有 20 处 / and 20 more' })
    const long = unreadOf(`<甲>${'长，'.repeat(5_000)}</甲></眉首>`)
    expect(long.map(({ text }) => text.length)).toEqual([500])
    const wide = unreadOf(
      `${Array.from({ length: 40 }, (_, n) => `<甲${n}>${'长，'.repeat(300)}</甲${n}>`).join('')}</眉首>`,
    )
    expect(wide.reduce((sum, { path, text }) => sum + path.length + text.length, 0)).toBeLessThan(8_100)
  })
})
