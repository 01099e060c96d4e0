import type { Address } from '../clerk/lines.ts'
import type { City } from '../oa/city.ts'
import type { Paper, PaperFile } from '../oa/paper.ts'
import type { SendRequest } from './requests.ts'
import { shanghaiDay } from '../../core/util/shanghai.ts'

/** A form that a clerk filled in, as a paper, and whom it is meant for. */
export function compose(
  city: City,
  unit: string,
  form: SendRequest,
): { readonly paper: Paper; readonly address: Address } {
  const key = `${unit}-${city.desk.run}-p${city.desk.sentBy(unit).length + 1}`
  const number = form.number === '' ? nextNumber(city, unit) : form.number
  const file: PaperFile =
    form.file === undefined
      ? { name: `${number}.txt`, role: 'main', bytes: Buffer.from(`${form.title}\n${number}\n${key}\n`) }
      : { name: form.file.name, role: 'main', bytes: Buffer.from(form.file.base64, 'base64') }
  const paper: Paper = {
    key,
    number,
    title: form.title,
    documentType: form.documentType,
    urgency: form.urgency,
    securityClass: form.securityClass,
    to: line(city, form.to),
    cc: line(city, form.cc) || undefined,
    date: shanghaiDay(Date.now()),
    files: [file],
  }
  return {
    paper,
    address: { groups: [...form.to.groups, ...form.cc.groups], units: [...form.to.units, ...form.cc.units] },
  }
}

/** 主送 or 抄送 as a clerk writes it: phrases for groups, names for units. */
function line(city: City, chosen: SendRequest['to']): string {
  const phrases = chosen.groups.map((id) => {
    const phrase = city.files.phrases.find(
      (one) => one.groups.length === 1 && one.groups[0] === id && one.except === undefined,
    )
    if (phrase === undefined) throw new Error(`没有泛称 / no phrase for the group ${id}`)
    return phrase.phrase
  })
  return [...phrases, ...chosen.units.map((id) => city.unit(id).name)].join('，')
}

/**
 * The unit's next number of the year, above all that it has used, under the code that it used last: 财政局〔2026〕12号.
 */
function nextNumber(city: City, unit: string): string {
  const sent = city.desk.sentBy(unit)
  const code = /^(.+?)〔/u.exec(sent.at(-1)?.number ?? '')?.[1] ?? city.unit(unit).name.replace(/^市/u, '')
  const year = new Date().getFullYear()
  const used = sent.map((paper) =>
    paper.number.startsWith(`${code}〔${year}〕`) ? Number.parseInt(paper.number.slice(code.length + 6), 10) || 0 : 0,
  )
  return `${code}〔${year}〕${Math.max(0, ...used) + 1}号`
}
