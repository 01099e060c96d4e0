import type { Attention } from './api/answers.ts'
import { shortMoment, sizeText, spanText } from './format.ts'
import type { Language } from './language.ts'
import type { TextKey } from './text/zh.ts'

/** One thing that needs a person, as the overview shows it. */
export interface Need {
  readonly key: string
  readonly tone: 'danger' | 'warning' | 'info'
  readonly title: TextKey
  readonly count?: number
  /** page of the console */
  readonly to?: string
  readonly lines: readonly string[]
}

const DAY_MS = 86_400_000
/** A certificate that ends sooner is urgent. */
const SOON_MS = 7 * DAY_MS

/** What needs a person, the gravest first; empty: nothing does. */
export function needsOf(of: Attention, now: number, language: Language): readonly Need[] {
  const two = ({ zh, en }: { readonly zh: string; readonly en: string }): string => (language === 'zh' ? zh : en)
  const needs: (Need | false)[] = [
    of.waitingFor.length > 0 && { key: 'ready', tone: 'danger', title: 'need.ready', lines: of.waitingFor },
    of.bus !== 'connected' && { key: 'bus', tone: 'danger', title: `need.bus.${of.bus}`, lines: [] },
    of.disk.low && {
      ...{ key: 'disk', tone: 'danger', title: 'need.disk' },
      lines: [`${sizeText(of.disk.freeBytes)} / ${sizeText(of.disk.totalBytes)}`],
    },
    of.clock !== undefined && {
      ...{ key: 'clock', tone: 'danger', title: 'need.clock' },
      lines: [spanText(Math.abs(of.clock.gapMs), language)],
    },
    of.configuration.rejected !== undefined && {
      ...{ key: 'configuration', tone: 'danger', title: 'need.configuration' },
      lines: of.configuration.rejected.problems,
    },
    of.deadLetters.count > 0 && {
      ...{ key: 'dead', tone: 'danger', title: 'need.dead', count: of.deadLetters.count, to: '/dead-letters' },
      lines: of.deadLetters.causes.map(({ text, place, count }) => `${count} × ${place}：${two(text)}`),
    },
    of.secretsMissing.length > 0 && {
      ...{ key: 'secrets', tone: 'warning', title: 'need.secrets', count: of.secretsMissing.length },
      lines: of.secretsMissing,
    },
    waits('doubt', 'need.doubt', of.inDoubt),
    waits('held', 'need.held', of.held),
    waits('petitions', 'need.petitions', of.petitions),
    waits('paper', 'need.paper', of.paper),
    of.certificates.length > 0 && {
      ...{ key: 'certificates', title: 'need.certificates', count: of.certificates.length },
      tone: of.certificates.some(({ endsAt }) => endsAt - now < SOON_MS) ? 'danger' : 'warning',
      lines: of.certificates.map(({ name, endsAt }) => `${name} ${shortMoment(endsAt, now)}`),
    },
  ]
  return needs.filter((need) => need !== false)
}

function waits(key: string, title: TextKey, count: number): Need | false {
  return count > 0 && { key, tone: 'warning', title, count, lines: [] }
}
