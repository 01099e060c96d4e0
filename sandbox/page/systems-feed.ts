import type { SystemName } from '../systems/names.ts'
import type { CitySystems } from '../systems/systems.ts'
import type { Feed } from './feed.ts'
import { ownersOf } from './systems-view.ts'

const MODE_WORDS = { on: '运行 on', off: '停机 off', hang: '不应答 hangs', garbage: '答非所问 answers garbage' }
const NAMES: Readonly<Record<SystemName, string>> = {
  portal: '门户网站 Portal',
  sms: '短信中心 SMS centre',
  mail: '邮件服务器 Mail',
  archive: '档案馆 Archive',
  directory: '目录 Directory',
}

/** Tells open pages what happens at the systems beside the OAs. */
export function watchSystems(systems: CitySystems, feed: Feed): void {
  const tell = (system: SystemName, text: string, more: object = {}): void =>
    feed.tell({ type: 'system', system, text, ...more })
  systems.on('switched', (name, mode) => tell(name, `${NAMES[name]}：${MODE_WORDS[mode]}`, { mode }))
  systems.on('changed', (what) => tell('directory', `目录 Directory：${what}`))
  const who = (phone: string): string => {
    const owner = ownersOf(systems).get(phone)
    return owner === undefined ? phone : `${owner.name}（${owner.unit}${owner.title}）`
  }
  systems.sms.on('received', ({ to, text }) =>
    tell('sms', `${who(to)} 的手机响了 a phone rings`, { phone: to, said: text }),
  )
  systems.on('wrote', ({ phone, text }) => tell('sms', `${who(phone)} 回复短信 answers：${text}`, { phone }))
  systems.boxes.on('kept', ({ unit, title }) => tell('mail', `邮件 mail → ${unit}：${title}`))
  systems.bureau.on('judged', ({ batch, result, findings }) => {
    const [first] = findings
    tell(
      'archive',
      result === 'accepted' ? `档案馆接收 accepted ${batch}` : `档案馆拒收 refused ${batch}：${first?.reason ?? ''}`,
      { refused: result === 'refused' },
    )
  })
  systems.bureau.on('failed', (error) => tell('archive', `档案馆出错 failed：${error.message}`))
  systems.portal.store.on('filed', ({ title }) => tell('portal', `市民来信 a petition：${title}`))
  systems.portal.store.on('kept', ({ kind, title, stateText, from }) => {
    if (kind === 'publication') tell('portal', `信息公开 published：${title ?? ''}（${from ?? ''}）`)
    else tell('portal', kind === 'reply' ? `来信答复 a reply（${from ?? ''}）` : `来信状态 state：${stateText ?? ''}`)
  })
}
