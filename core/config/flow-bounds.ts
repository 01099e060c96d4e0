import { isAbsolute } from 'node:path'
import { z } from 'zod'

/**
 * Node-RED's own node types that reach the machine itself, or let others reach the flows: off unless `flows.allow`
 * names them. The value says what they can do. Types that only call out (`http request`, `mqtt`, `tcp request`,
 * `websocket out` to an address) stay on: to talk with other systems is what flows are for, and whoever they call
 * decides about them.
 */
export const BOUNDED_TYPES = {
  exec: '在本机执行任何程序 / it runs any program on this machine',
  file: '写本机的文件 / it writes files of this machine',
  'file in': '读本机的文件 / it reads files of this machine',
  watch: '察看本机的文件 / it looks at files of this machine',
  'http in': '让他人访问流程 / it lets others call the flows',
  'tcp in': '在端口上监听，没有登录 / it listens on a port, without a login',
  'udp in': '在端口上监听，没有登录 / it listens on a port, without a login',
  'websocket-listener': '让他人访问流程 / it lets others call the flows',
} as const satisfies Readonly<Record<string, string>>

export type BoundedType = keyof typeof BOUNDED_TYPES

/** `flows` of station.yaml: what flow authors may do. Counts from the flow process's next start. */
export const flowBounds = {
  allow: z
    .array(z.enum(Object.keys(BOUNDED_TYPES) as [BoundedType, ...BoundedType[]]))
    .default([])
    .meta({
      description:
        'Node-RED 中不写明就关着的节点类型；见 docs/flow-security.md / types of Node-RED’s that are off without this; see docs/flow-security.md',
      since: '0.2.0',
    }),
  openPaths: z
    .array(z.string().regex(/^(?:\/[\w.-]+)+$/))
    .default([])
    .meta({
      description:
        '不需登录的 http in 与 websocket 路径（/weather）；其余都须编辑器的登录 / paths of http in and websocket nodes (/weather) that need no login; all others need one of the editor',
      since: '0.2.0',
    }),
  folders: z
    .array(z.string().refine(isAbsolute, { error: '须为绝对路径 / an absolute path is wanted' }))
    .default([])
    .meta({
      description:
        'file、file in、watch 可以读写的文件夹 / folders in which file, file in and watch may read and write',
      since: '0.2.0',
    }),
  user: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]{0,31}$/)
    .optional()
    .meta({
      description:
        '以 root 启动的站点以此用户运行流程；缺省 yizhan-flows，有此用户时 / user of this machine as which flows run, where the station is started as root; by default yizhan-flows, if there is such a user',
      since: '0.2.0',
    }),
}
