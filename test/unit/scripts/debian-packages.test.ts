import { describe, expect, it } from 'vitest'
import { type DebianPackage, type Machine, ensurePackages } from '../../../scripts/lib/debian-packages.ts'

const packages: DebianPackage[] = [
  { name: 'here', purpose: '已有 / there' },
  { name: 'absent', purpose: '缺少 / not there' },
]

interface Scene {
  root?: boolean
  apt?: boolean
  /** Whether `apt-get install` brings the package. */
  mirror?: boolean
}

function machine({ root = true, apt = true, mirror = true }: Scene) {
  const installed = new Set(['here'])
  const ran: string[] = []
  const said: string[] = []
  let servicesAllowed = true
  const fake: Machine = {
    isRoot: () => root,
    async run(command, args) {
      const line = [command, ...args].join(' ')
      if (command === '/bin/sh') return [...installed].some((name) => line.includes(` ${name} `)) ? 0 : 1
      if (command !== 'apt-get' || !apt) return undefined
      if (args[0] === '--version') return 0
      ran.push(`${servicesAllowed ? 'with' : 'without'} services: ${args.slice(2).join(' ')}`)
      if (!mirror) return 100
      if (args.includes('install')) args.slice(args.indexOf('install') + 3).forEach((name) => installed.add(name))
      return 0
    },
    async withoutServices(work) {
      servicesAllowed = false
      await work()
      servicesAllowed = true
    },
    say: (line) => said.push(line),
  }
  return { fake, ran, said }
}

describe('ensurePackages', () => {
  it('installs only what is missing, and starts no service meanwhile', async () => {
    const { fake, ran } = machine({})
    expect(await ensurePackages(packages, fake)).toBe(true)
    expect(ran).toEqual(['without services: update', 'without services: install -y --no-install-recommends absent'])
  })

  it('does and says nothing when all is there', async () => {
    const { fake, ran, said } = machine({})
    expect(await ensurePackages(packages.slice(0, 1), fake)).toBe(true)
    expect([ran, said]).toEqual([[], []])
  })

  it.each([
    ['who is not root', { root: false }, 0],
    ['without apt', { apt: false }, 0],
    ['that reaches no mirror', { mirror: false }, 2],
  ])('tells somebody %s what is missing, why, and how to install it', async (_who, scene, aptRuns) => {
    const { fake, ran, said } = machine(scene)
    expect(await ensurePackages(packages, fake)).toBe(false)
    expect(ran).toHaveLength(aptRuns)
    const text = said.join('\n')
    expect(text).toContain('absent: 缺少 / not there')
    expect(text).not.toContain('here: ')
    expect(text).toContain('apt-get update && apt-get install -y --no-install-recommends absent')
  })
})
