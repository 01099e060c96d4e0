import type { ElementPlan, ValuePlan } from '../../../core/mapping/profile/plan.ts'
import type { CompiledProfile } from '../../../core/mapping/profile/port.ts'
import type { ServedOperation, ServedSoap } from '../../../core/mapping/profile/served.ts'
import type { XmlWriter } from '../../../core/mapping/xml/write.ts'

/** The greatest number that every toolkit's `int` holds. */
const MOST_INT = 2 ** 31 - 1

/** Elements of the requests and answers of a described service, as XML Schema; each global element once. */
export function writeTypes(out: XmlWriter, profile: CompiledProfile, soap: ServedSoap): void {
  const done = new Set<string>()
  const write = (root: ElementPlan, way: Way, more: Partial<Shape> = {}): void => {
    if (done.has(root.name)) return
    done.add(root.name)
    writeElement(out, root, { way, isGlobal: true, first: [], optional: undefined, ...more })
  }
  const login = soap.login === undefined ? [] : [soap.login.account, soap.login.password]
  for (const operation of soap.operations) {
    write(profile.root(operation.in), 'reads', { first: login })
    write(profile.root(operation.out), 'writes', { optional: refusalOf(profile, soap, operation) })
  }
  if (soap.fault !== undefined) write(profile.root(soap.fault), 'writes')
}

/** What stands in an answer that refuses, where that is another form: all else may be missing. */
function refusalOf(
  profile: CompiledProfile,
  { refusals }: ServedSoap,
  { out, refused }: ServedOperation,
): ElementPlan | undefined {
  return refusals === 'answer' && refused !== undefined && refused !== out ? profile.root(refused) : undefined
}

type Way = 'reads' | 'writes'

/** How an element is described. */
interface Shape {
  readonly way: Way
  readonly isGlobal: boolean
  /** texts in front of what the form has */
  readonly first: readonly string[]
  /** the same element where less of it is there */
  readonly optional: ElementPlan | 'none' | undefined
}

function writeElement(out: XmlWriter, plan: ElementPlan, shape: Shape): void {
  const { way, isGlobal, optional } = shape
  out.open('s:element')
  if (!isGlobal) {
    const isRequired = plan.required && optional !== 'none' && (optional?.required ?? true)
    out.attribute('minOccurs', isRequired ? '1' : '0')
    out.attribute('maxOccurs', plan.each !== undefined || plan.repeat !== undefined ? 'unbounded' : '1')
  }
  out.attribute('name', plan.name)
  const attributes = plan.attributes.filter((one) => way === 'writes' || one.read !== undefined)
  if (plan.value !== undefined && attributes.length === 0) {
    out.attribute('type', typeOf(plan.value)).close()
    return
  }
  out.open('s:complexType')
  if (plan.value === undefined) {
    out.open('s:sequence')
    for (const name of shape.first) writeText(out, name)
    for (const child of plan.children) {
      if (!(way === 'reads' ? child.reads : child.writes)) continue
      const same =
        typeof optional === 'object' ? (optional.children.find(({ name }) => name === child.name) ?? 'none') : optional
      writeElement(out, child, { way, isGlobal: false, first: [], optional: same })
    }
    out.close()
  } else out.open('s:simpleContent').open('s:extension').attribute('base', typeOf(plan.value))
  for (const attribute of attributes)
    out
      .open('s:attribute')
      .attribute('name', attribute.name)
      .attribute('type', typeOf(attribute))
      .attribute('use', attribute.required ? 'required' : 'optional')
      .close()
  if (plan.value !== undefined) out.close().close()
  out.close().close()
}

function writeText(out: XmlWriter, name: string): void {
  out.open('s:element').attribute('minOccurs', '0').attribute('maxOccurs', '1').attribute('name', name)
  out.attribute('type', 's:string').close()
}

/** Dates are texts: what they may look like, the form says, and generators know one form only. */
function typeOf({ type, max, json }: ValuePlan): string {
  switch (type) {
    case 'content':
      return 's:base64Binary'
    case 'integer':
      return max !== undefined && max <= MOST_INT ? 's:int' : 's:long'
    case 'boolean':
      return json.yes === 'true' && json.no === 'false' ? 's:boolean' : 's:string'
    default:
      return 's:string'
  }
}
