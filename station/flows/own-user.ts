import { execFileSync } from 'node:child_process'
import { YizhanError } from '../../core/errors/error.ts'

/** Who flows run as where nothing is configured and there is such a user. */
export const FLOWS_USER = 'yizhan-flows'

/** A user of this machine. */
export interface MachineUser {
  readonly uid: number
  readonly gid: number
}

/** What is asked of the machine. */
export interface Machine {
  /** of this process; undefined where there are no users (Windows) */
  readonly uid: number | undefined
  /** undefined: there is no such user */
  find(name: string): MachineUser | undefined
}

const MACHINE: Machine = {
  uid: process.getuid?.(),
  find(name) {
    try {
      const [uid = 0, gid = 0] = ['-u', '-g'].map((what) =>
        Number(execFileSync('id', [what, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })),
      )
      return { uid, gid }
    } catch {
      // `id` says so by its exit code, and by nothing else.
      return undefined
    }
  },
}

/**
 * As whom the flow process runs: as `flows.user`, or as `yizhan-flows` where there is such a user, if the station may
 * change users, which only root may. Undefined: as the station itself.
 *
 * @throws YizhanError CONFIG_INVALID for a user that is configured and cannot be had
 */
export function flowsUser(configured: string | undefined, machine: Machine = MACHINE): MachineUser | undefined {
  const name = configured ?? FLOWS_USER
  const user = machine.uid === undefined ? undefined : machine.find(name)
  const refusal = (rule: string): YizhanError =>
    new YizhanError('CONFIG_INVALID', { field: 'station.yaml flows.user', value: name, rule })
  if (user === undefined) {
    if (configured !== undefined)
      throw refusal(`本机没有这个用户：useradd --system ${name} / there is no such user on this machine`)
    return undefined
  }
  if (user.uid === machine.uid) return undefined
  if (machine.uid === 0) {
    if (user.uid !== 0) return user
  } else if (configured !== undefined)
    throw refusal(
      '只有以 root 启动的站点能换用户：删去这一项，或以 root 启动 / only a station started as root can change users: take it out, or start as root',
    )
  return undefined
}
