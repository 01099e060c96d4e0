import { describe, expect, it } from 'vitest'
import { landingPage } from '../../../station/http/landing.ts'

const addresses = (html: string): string[] => [...html.matchAll(/href="([^"]*)"/g)].map(([, address]) => address ?? '')

describe('the landing page of a listener', () => {
  it('leads the operators to everything of theirs', () => {
    const described = ['/oa/yizhan', '/portal/openapi.json', '/feed', '/asyncapi.json']
    const page = landingPage({
      serves: ['oa', 'portal', 'operators', 'metrics'],
      ...{ described, editor: 'http://127.0.0.1:8631', hostname: 'localhost' },
    })
    expect(addresses(page)).toEqual([
      ...['/console', 'http://127.0.0.1:8631', '/login', '/docs'],
      ...[...described, '/metrics', '/healthz', '/readyz'],
    ])
  })

  it('shows what its listener serves, and nothing else', () => {
    const of = { editor: 'http://127.0.0.1:8631', hostname: 'localhost' }
    const oa = landingPage({ serves: ['oa'], described: ['/oa/yizhan'], ...of })
    expect(addresses(oa)).toEqual(['/oa/yizhan', '/healthz', '/readyz'])
    expect(addresses(landingPage({ serves: ['metrics'], described: [], ...of }))).not.toContain('/docs')
  })

  it('names an editor on every address by the name by which the reader came', () => {
    const of = { serves: ['operators'] as const, described: [], hostname: 'zhiban.city' }
    expect(addresses(landingPage({ ...of, editor: 'https://0.0.0.0:8631' }))).toContain('https://zhiban.city:8631/')
    expect(addresses(landingPage({ ...of }))[1]).toBe('/login')
  })
})
