import type { City } from '../oa/city.ts'
import type { Kept, Mark } from '../oa/item.ts'

/** The whole of what the page's list of units shows. */
export function cityView(city: City): object {
  return {
    groups: city.files.groups,
    phrases: city.files.phrases,
    systems: city.files.systems.map(({ id, name }) => ({ id, name })),
    plants: city.plants.map((plant) => ({
      id: plant.id,
      name: plant.name,
      on: plant.on,
      units: plant.units.map((oa) => oa.unit),
    })),
    units: city.files.units.map((unit) => {
      const oa = city.oa(unit.id)
      return {
        id: unit.id,
        name: unit.name,
        group: unit.groups[0],
        groups: unit.groups,
        system: unit.system,
        dialect: oa.dialect,
        can: oa.can,
        plant: city.plantOf(unit.id).id,
        ...unitCounts(city, unit.id),
      }
    }),
  }
}

/** How much lies in a unit's inbox, and how many documents of it wait for a signature. */
export function unitCounts(city: City, unit: string): { readonly inbox: number; readonly open: number } {
  const { system } = city.unit(unit)
  const items = city.inboxes.items(system, unit)
  const withdrawn = withdrawnNumbers(items)
  return {
    inbox: items.length,
    open: items.filter((item) => item.kind === 'document' && stateOf(city, item, withdrawn) === 'new').length,
  }
}

/** One unit's desk: inbox and sent papers, newest first. */
export function deskView(city: City, unit: string, most = 300): object {
  const { system } = city.unit(unit)
  const items = city.inboxes.items(system, unit)
  const withdrawn = withdrawnNumbers(items)
  return {
    unit,
    repeated: city.inboxes.repeated(system, unit),
    total: items.length,
    inbox: items
      .slice(-most)
      .reverse()
      .map((item) => ({ ...item, status: stateOf(city, item, withdrawn) })),
    sent: [...city.desk.sentBy(unit)].reverse().slice(0, most),
  }
}

function stateOf(city: City, item: Kept, withdrawn: ReadonlySet<string>): Mark | 'new' {
  if (item.kind !== 'document') return 'new'
  return (
    city.inboxes.markOf(item.system, item.unit, item.id) ?? (withdrawn.has(item.number ?? '') ? 'withdrawn' : 'new')
  )
}

/** Numbers whose last word in this inbox is a withdrawal. */
function withdrawnNumbers(items: readonly Kept[]): Set<string> {
  const numbers = new Set<string>()
  for (const item of items) {
    if (item.kind === 'withdrawal') numbers.add(item.about?.number ?? item.number ?? '')
    else if (item.kind === 'document') numbers.delete(item.number ?? '')
  }
  numbers.delete('')
  return numbers
}
