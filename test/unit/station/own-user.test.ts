import { describe, expect, it } from 'vitest'
import { canConfine, confinement } from '../../../station/flows/confinement.ts'
import { FLOWS_USER, flowsUser } from '../../../station/flows/own-user.ts'

const users: Readonly<Record<string, { uid: number; gid: number }>> = {
  root: { uid: 0, gid: 0 },
  yizhan: { uid: 900, gid: 901 },
  other: { uid: 902, gid: 903 },
}
const machine = (uid: number | undefined, more: typeof users = {}) => ({
  uid,
  find: (name: string) => ({ ...users, ...more })[name],
})
const made = { [FLOWS_USER]: { uid: 904, gid: 905 } }

describe('flows run', () => {
  it('as their own user where the station is root, by default as yizhan-flows where there is such a user', () => {
    expect(flowsUser('other', machine(0))).toEqual({ uid: 902, gid: 903 })
    expect(flowsUser(undefined, machine(0, made))).toEqual(made[FLOWS_USER])
    expect(flowsUser(undefined, machine(0))).toBeUndefined()
    expect(flowsUser('root', machine(0))).toBeUndefined()
  })

  it('as the station where that is nobody who can change users, unless another was asked for', () => {
    expect(flowsUser(undefined, machine(900, made))).toBeUndefined()
    expect(flowsUser('yizhan', machine(900))).toBeUndefined()
    expect(() => flowsUser('other', machine(900))).toThrow(/flows\.user.*other.*root/)
    expect(() => flowsUser('gone', machine(0))).toThrow(/flows\.user.*gone.*useradd/)
    expect(() => flowsUser('gone', machine(undefined))).toThrow(/flows\.user/)
  })
})

describe('the permission model', () => {
  const all = new Set(['--permission', '--allow-inspector', '--disable-sigusr1'])

  it('is used by a Node that has all of it', () => {
    expect(canConfine(all)).toBe(true)
    for (const flag of all) expect(canConfine(new Set([...all].filter((other) => other !== flag)))).toBe(false)
    expect(canConfine()).toBe(true)
  })

  it('gives files and programs only where the configuration does', () => {
    const given = (allow: Parameters<typeof confinement>[0]['allow']): string[] =>
      confinement({ allow, folders: ['/exchange'] }).filter((one) => /exchange|write|child/.test(one))
    expect(given([])).toEqual([])
    expect(given(['http in'])).toEqual([])
    expect(given(['file in'])).toEqual(['--allow-fs-read=/exchange', '--allow-fs-write=/exchange'])
    expect(given(['exec'])).toEqual(['--allow-child-process'])
  })
})
