import express, { type Request, type Router } from 'express'
import type { ZodType } from 'zod'
import { SYSTEMS, type SystemName } from '../systems/names.ts'
import type { CitySystems } from '../systems/systems.ts'
import {
  mergeRequest,
  modeRequest,
  moveRequest,
  refuseRequest,
  renameRequest,
  replaceRequest,
  writeRequest,
} from './requests.ts'
import {
  archiveView,
  batchView,
  directoryView,
  mailView,
  phonesView,
  phoneView,
  portalView,
  systemsView,
} from './systems-view.ts'
import { shanghaiDay } from '../../core/util/shanghai.ts'

/**
 * What the page asks of the systems beside the OAs, below `/api`. @param wired those that the station's configuration
 * has
 */
export function systemsRoutes(systems: CitySystems, wired: readonly string[]): Router {
  const routes = express.Router()
  routes.get('/systems', (_request, response) => void response.json(systemsView(systems, wired)))
  routes.get('/archive', (_request, response) => void response.json(archiveView(systems)))
  routes.get(
    '/archive/:batch',
    async (request, response) => void response.json(await batchView(systems, request.params.batch)),
  )
  routes.get('/directory', (_request, response) => void response.json(directoryView(systems)))
  routes.get('/portal', (_request, response) => void response.json(portalView(systems)))
  routes.get('/sms', (_request, response) => void response.json(phonesView(systems)))
  routes.get('/sms/:phone', (request, response) => void response.json(phoneView(systems, request.params.phone)))
  routes.get('/mail', (_request, response) => void response.json(mailView(systems)))
  act(routes, systems)
  return routes
}

const DONE = { status: 'acknowledged' }

function act(routes: Router, systems: CitySystems): void {
  // For each of these alone: other bodies under /api may be larger.
  const json = express.json({ limit: '64kb' })
  routes.post('/systems/:name/mode', json, async (request, response) => {
    await systems.switch(named(request.params.name), read(modeRequest, request).mode)
    response.json(DONE)
  })
  routes.post('/archive/refuse', json, (request, response) => {
    const { position, reason } = read(refuseRequest, request)
    systems.bureau.refuseNext(position, reason)
    response.json(DONE)
  })
  routes.post('/sms/:phone/write', json, async (request, response) => {
    await systems.write(request.params.phone, read(writeRequest, request).text)
    response.json(DONE)
  })
  const nameOf = (id: string): string => systems.directory.tree.units.find((unit) => unit.id === id)?.name ?? id
  routes.post('/directory/rename', json, async (request, response) => {
    const { unit, name } = read(renameRequest, request)
    await systems.change(`${nameOf(unit)} 更名为 renamed ${name}`, (directory) => directory.rename(unit, name))
    response.json(DONE)
  })
  routes.post('/directory/move', json, async (request, response) => {
    const { unit, below } = read(moveRequest, request)
    const where = below === undefined ? '最上层 the top' : nameOf(below)
    await systems.change(`${nameOf(unit)} 调整到 moved below ${where}`, (directory) => directory.move(unit, below))
    response.json(DONE)
  })
  routes.post('/directory/merge', json, async (request, response) => {
    const { unit, into } = read(mergeRequest, request)
    const today = shanghaiDay(Date.now())
    await systems.merge(unit, into, today)
    response.json(DONE)
  })
  routes.post('/directory/replace', json, async (request, response) => {
    const { uid, name, mobile } = read(replaceRequest, request)
    await systems.change(`${uid} 换人 is now ${name}`, (directory) => directory.replace(uid, name, mobile))
    response.json(DONE)
  })
}

function named(name: string): SystemName {
  const known = SYSTEMS.find((one) => one === name)
  if (known === undefined) throw new Error(`没有这个系统 / no such system: ${name}`)
  return known
}

function read<T>(schema: ZodType<T>, request: Request): T {
  return schema.parse(request.body)
}
