import { Router, urlencoded, type RequestHandler } from 'express'
import type { Gate, RouteRight } from './gate.ts'

/** One route, and what it asks of whoever calls it. */
export interface RouteEntry {
  readonly method: 'GET' | 'POST' | 'DELETE'
  readonly path: string
  readonly right: RouteRight
}

/** GuardedRoutes of the operators: none without a right. */
export class GuardedRoutes {
  readonly router = Router()
  readonly table: RouteEntry[] = []
  readonly #gate: Gate

  constructor(gate: Gate) {
    this.#gate = gate
  }

  get(path: string, right: RouteRight, ...handlers: RequestHandler[]): void {
    this.table.push({ method: 'GET', path, right })
    this.router.get(path, this.#gate.needs(right), ...handlers)
  }

  post(path: string, right: RouteRight, ...handlers: RequestHandler[]): void {
    this.table.push({ method: 'POST', path, right })
    this.router.post(path, this.#gate.needs(right), ...handlers)
  }

  /** A form of a page: what it holds is read before the gate looks for its mark. */
  form(path: string, right: RouteRight, ...handlers: RequestHandler[]): void {
    this.table.push({ method: 'POST', path, right })
    this.router.post(path, urlencoded({ limit: '16kb', extended: false }), this.#gate.needs(right), ...handlers)
  }

  delete(path: string, right: RouteRight, ...handlers: RequestHandler[]): void {
    this.table.push({ method: 'DELETE', path, right })
    this.router.delete(path, this.#gate.needs(right), ...handlers)
  }
}
