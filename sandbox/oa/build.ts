import { join } from 'node:path'
import type { CountedUnit } from '../counting/units.ts'
import { loginOf, secretOf, type CityOptions } from './city-files.ts'
import { DocxgCentre } from './docxg/centre.ts'
import { EpointOa } from './epoint/client.ts'
import { buildFiles } from './files/build.ts'
import type { Inboxes } from './inboxes.ts'
import type { Plant, UnitOa } from './port.ts'
import { YizhanOa } from './yizhan/client.ts'
import { HostedOa } from './yizhan/hosted.ts'
import { SoapClient } from './yizhan/soap-client.ts'

/** An OA that only calls: switched off, it does nothing. */
class ClientPlant implements Plant {
  readonly id: string
  readonly name: string
  readonly units: readonly UnitOa[]
  on = true

  constructor(oa: UnitOa, name: string) {
    this.id = oa.unit
    this.name = name
    this.units = [oa]
  }

  switch(on: boolean): Promise<void> {
    this.on = on
    return Promise.resolve()
  }

  close(): Promise<void> {
    this.on = false
    return Promise.resolve()
  }
}

/** Builds every system of the configuration, starts those that have servers, and says where those are. */
export async function buildPlants(
  options: CityOptions,
  inboxes: Inboxes,
): Promise<{
  readonly plants: readonly Plant[]
  readonly urls: Readonly<Record<string, string>>
  /** settings of systems that have no URL */
  readonly settings: Readonly<Record<string, Readonly<Record<string, unknown>>>>
}> {
  const plants: Plant[] = []
  const urls: Record<string, string> = {}
  const settings: Record<string, Readonly<Record<string, unknown>>> = {}
  for (const system of options.files.systems) {
    const units = options.files.units.filter((unit) => unit.system === system.id)
    const dialect = system.profile?.split('-', 1)[0]
    if (system.adapter === 'files') {
      const built = await buildFiles(options, inboxes, system, units)
      plants.push(...built.plants)
      settings[system.id] = built.settings
    } else if (dialect === 'docxg') {
      const centre = new DocxgCentre({
        system: system.id,
        name: system.name,
        units,
        inboxes,
        memory: join(options.memory, system.id),
        userKey: secretOf(options.secrets, `${system.id}.password`),
      })
      await centre.start()
      plants.push(centre)
      urls[system.id] = centre.url
    } else if (dialect === 'epoint') {
      for (const [habit, unit] of units.entries())
        plants.push(new ClientPlant(epoint(options, inboxes, unit, habit), unit.name))
    } else if (system.roles?.includes('we-call') === true) {
      for (const unit of units) {
        const oa = new HostedOa(yizhan(options, inboxes, unit, 0, false), unit.name, inboxes, {
          name: system.username ?? '',
          password: secretOf(options.secrets, `${system.id}.password`),
        })
        await oa.start()
        plants.push(oa)
        urls[system.id] = oa.url
      }
    } else {
      for (const [habit, unit] of units.entries())
        plants.push(new ClientPlant(yizhan(options, inboxes, unit, habit, true), unit.name))
    }
  }
  return { plants, urls, settings }
}

function epoint(options: CityOptions, inboxes: Inboxes, unit: CountedUnit, habit: number): EpointOa {
  return new EpointOa(
    unit,
    () => `${options.station()}/oa/epoint/ArchiveExchange.asmx`,
    loginOf(options.files, options.secrets, unit),
    inboxes,
    habit,
  )
}

/** Half of them log in with HTTP Basic, half with a UsernameToken. */
function yizhan(options: CityOptions, inboxes: Inboxes, unit: CountedUnit, habit: number, fetches: boolean): YizhanOa {
  const client = new SoapClient(() => `${options.station()}/oa/yizhan`, {
    ...loginOf(options.files, options.secrets, unit),
    how: habit % 2 === 0 ? 'basic' : 'token',
  })
  return new YizhanOa(unit.id, unit.system, client, inboxes, fetches)
}
