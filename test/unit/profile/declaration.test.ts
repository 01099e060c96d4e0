import { beforeAll, expect, it } from 'vitest'
import type { OaDraft } from '../../../core/door/port.ts'
import { loadProfiles } from '../../../core/mapping/profile/load.ts'
import { atOnce } from '../../../core/util/turns.ts'

let profiles: Awaited<ReturnType<typeof loadProfiles>>
beforeAll(async () => {
  profiles = await loadProfiles()
})

const yizhan = (form: string, more: string) =>
  `<${form} xmlns="urn:yizhan:oa:1"><id>d-1</id>${more}<notClassified><declarant>甲</declarant><declaredReason>片名</declaredReason></notClassified></${form}>`
const epoint = (more: string) =>
  `<paras><originalPaperGUID>d-1</originalPaperGUID>${more}<不涉密声明><声明人>甲</声明人><理由>片名</理由></不涉密声明></paras>`

it.each<[string, string, string]>([
  ['yizhan', 'ReturnDocument', yizhan('ReturnDocument', '<reason>重复来文</reason>')],
  ['yizhan', 'Withdraw', yizhan('Withdraw', '<reason>有误</reason>')],
  ['yizhan', 'Reply', yizhan('Reply', '<replyText>同意</replyText>')],
  ['epoint', 'ReturnDocument', epoint('<Reason>重复来文</Reason>')],
  ['epoint', 'Withdraw', epoint('<Reason>有误</Reason>')],
  ['epoint', 'Reply', epoint('<Content>同意</Content>')],
])('%s %s: who says that it is not classified, and why', (id, form, xml) => {
  const profile = profiles.get(id)
  const read = profile?.read(form, atOnce(profile.parse(xml)).element)
  expect((read as { draft: OaDraft }).draft.notClassified).toEqual({ name: '甲', reason: '片名' })
})
