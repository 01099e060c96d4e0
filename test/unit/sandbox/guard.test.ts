import { createServer, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import express from 'express'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { guard } from '../../../sandbox/page/guard.ts'

let server: Server
let port: number
beforeAll(async () => {
  const app = express()
  app.use(guard(() => port))
  app.all('/{*any}', (_request, response) => void response.send('in'))
  server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => new Promise((resolve) => server.close(resolve)))

function status(method: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port, path: '/api/x', method, headers }, (response) => {
      response.resume()
      resolve(response.statusCode ?? 0)
    })
      .on('error', reject)
      .end(method === 'POST' ? '{}' : undefined)
  })
}

it('lets in what this machine asks for by the loopback name', async () => {
  expect(await status('GET', { host: `127.0.0.1:${port}` })).toBe(200)
  expect(await status('GET', { host: `localhost:${port}` })).toBe(200)
})

it('refuses any other host name (DNS rebinding)', async () => {
  expect(await status('GET', { host: `evil.example:${port}` })).toBe(421)
  expect(await status('GET', { host: '127.0.0.1:1' })).toBe(421)
})

it('refuses changes from other pages (CSRF), and what a form could send', async () => {
  const own = { host: `127.0.0.1:${port}`, origin: `http://127.0.0.1:${port}`, 'content-type': 'application/json' }
  expect(await status('POST', own)).toBe(200)
  expect(await status('POST', { ...own, origin: 'http://evil.example' })).toBe(403)
  expect(await status('POST', { host: own.host, 'content-type': 'application/json' })).toBe(403)
  expect(await status('POST', { ...own, origin: `http://localhost:${port}` })).toBe(403)
  expect(await status('POST', { ...own, 'sec-fetch-site': 'same-site' })).toBe(403)
  expect(await status('POST', { ...own, 'content-type': 'text/plain' })).toBe(415)
})
