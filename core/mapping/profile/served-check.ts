import { FIELDS } from './fields.ts'
import type { ElementPlan, FormPlan } from './plan.ts'
import type { Complain } from './planner.ts'
import { SERVED_ACTIONS, type ServedOperation, type ServedSoap } from './served.ts'

/** What a refusal gives to its form; what else a form requires, it would never get. */
const REFUSAL_FIELDS: ReadonlySet<string> = new Set(['ok', 'code', 'zh', 'en', 'description', 'retryable'])

type Plans = ReadonlyMap<string, FormPlan>

/** What a served dialect needs of its forms. */
export function checkServed(soap: ServedSoap, namespace: string, all: readonly FormPlan[], complain: Complain): void {
  const plans: Plans = new Map(all.map((plan) => [plan.name, plan]))
  if (namespace === '') complain(['namespace'], '', 'SOAP 服务须有命名空间 / a SOAP service has a namespace')
  const names = new Set<string>()
  for (const [at, operation] of soap.operations.entries()) {
    const place = ['soap', 'operations', at]
    const request = formAt(plans, [...place, 'in'], operation.in, SERVED_ACTIONS[operation.does], 'reads', complain)
    const kind = operation.does === 'fetch' ? 'item' : 'record'
    const answer = formAt(plans, [...place, 'out'], operation.out, kind, 'writes', complain)
    if (request !== undefined) {
      if (names.has(request.root.name))
        complain([...place, 'in'], request.root.name, '两个操作不得同名 / two operations of one name')
      names.add(request.root.name)
      if ((operation.does === 'fetch' || operation.does === 'status') && !requires(request.root, 'id'))
        complain([...place, 'in'], operation.in, '须有必填的 id / needs id, required')
      if (soap.login !== undefined)
        for (const own of Object.values(soap.login))
          if (request.root.children.some(({ name }) => name === own))
            complain([...place, 'in'], own, '登录的元素不列入表单 / what says who calls is no part of the form')
    }
    if (answer !== undefined && operation.does === 'list') checkRows(answer.root, [...place, 'out'], complain)
    if (soap.refusals === 'answer' && answer !== undefined) checkRefusal(plans, operation, answer, place, complain)
  }
  for (const { root } of all) checkNamespace(root, namespace, complain)
  if (soap.fault !== undefined) {
    const detail = formAt(plans, ['soap', 'fault'], soap.fault, 'record', 'writes', complain)
    if (detail !== undefined) checkGiven(detail.root, ['soap', 'fault'], complain)
  }
}

function formAt(
  plans: Plans,
  place: readonly PropertyKey[],
  name: string,
  kind: FormPlan['kind'],
  way: 'reads' | 'writes',
  complain: Complain,
): FormPlan | undefined {
  const plan = plans.get(name)
  if (plan?.kind === kind && plan[way]) return plan
  const rule = way === 'reads' ? '可读 / that is read' : '可写 / that is written'
  complain(place, name, `须是 forms 中 kind: ${kind} 的表单，${rule} / must be a form of that kind`)
  return undefined
}

function checkRefusal(
  plans: Plans,
  { out, refused }: ServedOperation,
  answer: FormPlan,
  place: readonly PropertyKey[],
  complain: Complain,
): void {
  const at = [...place, refused === undefined ? 'out' : 'refused']
  const plan = formAt(plans, at, refused ?? out, 'record', 'writes', complain)
  if (plan === undefined) return
  checkGiven(plan.root, at, complain)
  const stranger = strangerIn(plan.root, answer.root)
  if (plan.root.name !== answer.root.name || stranger !== undefined)
    complain(at, stranger ?? plan.root.name, `须是 ${out} 中的元素 / must be an element of ${out}`)
}

/** An element that the answer does not have: one schema describes both. */
function strangerIn(refused: ElementPlan, answer: ElementPlan): string | undefined {
  for (const child of refused.children) {
    const same = answer.children.find(({ name }) => name === child.name)
    if (same === undefined) return child.name
    const inner = strangerIn(child, same)
    if (inner !== undefined) return inner
  }
  return undefined
}

/** What a refusal cannot give must not be required of it. */
function checkGiven(plan: ElementPlan, place: readonly PropertyKey[], complain: Complain): void {
  for (const value of [...(plan.value === undefined ? [] : [plan.value]), ...plan.attributes])
    if ((value.required || plan.required) && value.write !== undefined && !REFUSAL_FIELDS.has(value.write))
      complain(
        place,
        value.write,
        `拒绝时没有此值，不得必填 / a refusal has no such value: ${[...REFUSAL_FIELDS].join(', ')}`,
      )
  for (const child of plan.children) if (child.each === undefined) checkGiven(child, place, complain)
}

/** Rows of a list are messages: their fields are those of messages. */
function checkRows(plan: ElementPlan, place: readonly PropertyKey[], complain: Complain, inRow = false): void {
  for (const child of plan.children) {
    const isRow = inRow || child.each === 'items'
    const written = [child.value?.write, ...child.attributes.map(({ write }) => write)]
    for (const field of isRow ? written : [])
      if (field !== undefined && (FIELDS[field] === undefined || FIELDS[field].way === 'read'))
        complain(place, field, '清单的行中没有此字段 / a row of a list has no such field')
    checkRows(child, place, complain, isRow)
  }
}

function checkNamespace(plan: ElementPlan, namespace: string, complain: Complain): void {
  if (plan.namespace !== namespace)
    complain(['soap'], `${plan.name} {${plan.namespace}}`, '须都在方言的命名空间 / all are of the dialect’s namespace')
  for (const child of plan.children) checkNamespace(child, namespace, complain)
}

function requires(plan: ElementPlan, field: string): boolean {
  return plan.children.some((child) => child.required && (child.value?.read === field || requires(child, field)))
}
