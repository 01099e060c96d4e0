import { BOUNDED_TYPES, type BoundedType } from '../core/config/flow-bounds.ts'
import type { FlowNode } from '../core/hop/flow-node.ts'

/** Files of Node-RED's own nodes, and the types of whose being off nothing in them is of use. */
const FILES: Readonly<Record<string, readonly BoundedType[]>> = {
  '90-exec.js': ['exec'],
  '10-file.js': ['file', 'file in'],
  '23-watch.js': ['watch'],
  '21-httpin.js': ['http in'],
}

/** What flow authors may not do, as `flows.allow` leaves it. */
export class Bounds {
  readonly #allowed: ReadonlySet<string>

  constructor(allow: readonly BoundedType[]) {
    this.#allowed = new Set(allow)
  }

  /** Files of nodes that are not even loaded, for `nodesExcludes`. */
  get excluded(): string[] {
    return Object.entries(FILES).flatMap(([file, types]) =>
      types.some((type) => this.#allowed.has(type)) ? [] : [file],
    )
  }

  /** Why a node may not be; undefined where it may. */
  fault(node: FlowNode): string | undefined {
    const type = boundedTypeOf(node)
    if (type === undefined || this.#allowed.has(type)) return undefined
    return `本站不许：${BOUNDED_TYPES[type]}；确需时由管理员写入 station.yaml 的 flows.allow: ["${type}"]，重启后生效，见 docs/flow-security.md / not allowed here; where it is needed, an administrator names it in flows.allow of station.yaml: ["${type}"], which counts after a restart`
  }
}

/** What a node is as far as bounds go: some types listen only where a setting says so. */
function boundedTypeOf(node: FlowNode): BoundedType | undefined {
  const { type, beserver = 'client', path = '' } = node
  if (type === 'tcp out' && beserver !== 'client' && beserver !== 'reply') return 'tcp in'
  // It is taken for a listener by its path.
  if (type === 'websocket-client' && !/^wss?:\/\//i.test(String(path))) return 'websocket-listener'
  return Object.hasOwn(BOUNDED_TYPES, type) ? (type as BoundedType) : undefined
}
