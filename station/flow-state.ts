import type { Dispatcher } from './flows/dispatcher.ts'
import type { FlowSupervisor } from './flows/supervisor.ts'
import type { Flows } from './link/flows.ts'

/** What `/admin/health` says of the flows. */
export function flowState(
  supervisor: Pick<FlowSupervisor, 'pid' | 'apartPid'>,
  dispatcher: Pick<Dispatcher, 'open' | 'connected'>,
  flows: Pick<Flows, 'held'>,
): object {
  return {
    pid: supervisor.pid ?? null,
    apart: supervisor.apartPid ?? null,
    open: dispatcher.open,
    connected: dispatcher.connected,
    held: flows.held(),
  }
}
