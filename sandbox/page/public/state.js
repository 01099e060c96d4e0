/** What the page knows: the city as the server last told it, and which unit is looked at. */
export const state = {
  /** @type {{groups: object[], phrases: object[], systems: object[], plants: object[], units: object[], links?: object}} */
  city: { groups: [], phrases: [], systems: [], plants: [], units: [] },
  units: new Map(),
  plants: new Map(),
  selected: undefined,
  tab: 'inbox',
  filter: '',
}

export function takeCity(city) {
  state.city = city
  state.units = new Map(city.units.map((unit) => [unit.id, unit]))
  state.plants = new Map(city.plants.map((plant) => [plant.id, plant]))
}

export const nameOf = (unit) => state.units.get(unit)?.name ?? unit
export const plantOf = (unit) => state.plants.get(state.units.get(unit)?.plant)
