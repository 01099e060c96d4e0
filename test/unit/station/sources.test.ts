import type { IncomingMessage } from 'node:http'
import { describe, expect, it } from 'vitest'
import { proxyHeaderIn } from '../../../core/http/proxy-header.ts'
import { Proxies } from '../../../core/http/proxies.ts'

const V2 = Buffer.from('0d0a0d0a000d0a515549540a', 'hex')
const v2 = (command: number, family: number, address: Buffer): Buffer =>
  Buffer.concat([V2, Buffer.from([command, family, address.length >> 8, address.length & 0xff]), address])

describe('the PROXY protocol', () => {
  it.each<[string, Buffer, string | undefined]>([
    ['version 1', Buffer.from('PROXY TCP4 192.0.2.1 192.0.2.2 5 80\r\n'), '192.0.2.1'],
    ['version 1, IPv6', Buffer.from('PROXY TCP6 2001:db8::1 2001:db8::2 5 80\r\n'), '2001:db8::1'],
    ['version 1, unknown', Buffer.from('PROXY UNKNOWN\r\n'), undefined],
    ['version 2', v2(0x21, 0x11, Buffer.from([192, 0, 2, 1, 192, 0, 2, 2, 0, 5, 0, 80])), '192.0.2.1'],
    ['version 2, IPv6', v2(0x21, 0x21, Buffer.alloc(36, 1)), '101:101:101:101:101:101:101:101'],
    ['version 2, the proxy itself', v2(0x20, 0x00, Buffer.alloc(0)), undefined],
  ])('%s is read however it is cut, and takes only what is its own', (_what, header, source) => {
    for (let cut = 1; cut < header.length; cut++) expect(proxyHeaderIn(header.subarray(0, cut))).toBe('more')
    expect(proxyHeaderIn(Buffer.concat([header, Buffer.from('POST /')]))).toEqual({ length: header.length, source })
  })

  it('is not seen where there is none, or none that could be read', () => {
    expect(proxyHeaderIn(Buffer.from('POST / HTTP/1.1\r\n'))).toBeUndefined()
    expect(proxyHeaderIn(Buffer.from(`PROXY ${'x'.repeat(200)}`))).toBeUndefined()
    expect(proxyHeaderIn(v2(0x31, 0x11, Buffer.alloc(12)))).toBeUndefined()
  })
})

describe('the source of a request', () => {
  const request = (headers: object): IncomingMessage => ({ headers }) as IncomingMessage
  const proxies = new Proxies(['10.0.0.0/8', '2001:db8::1'])

  it.each<[string, object, string, string]>([
    ['is its connection', {}, '192.0.2.9', '192.0.2.9'],
    ['is not what a stranger says', { 'x-forwarded-for': '1.2.3.4' }, '192.0.2.9', '192.0.2.9'],
    ['is what a listed proxy says', { 'x-forwarded-for': '1.2.3.4' }, '10.0.0.1', '1.2.3.4'],
    ['is the last that was not listed', { 'x-forwarded-for': '6.6.6.6, 1.2.3.4, 10.0.0.2' }, '10.0.0.1', '1.2.3.4'],
    [
      'is read from Forwarded first',
      { forwarded: 'for="[2001:db8::7]:80";proto=http', 'x-forwarded-for': '6.6.6.6' },
      '10.0.0.1',
      '2001:db8::7',
    ],
    ['is the proxy where it says nothing of use', { 'x-forwarded-for': 'unknown' }, '2001:db8::1', '2001:db8::1'],
  ])('%s', (_what, headers, peer, source) => {
    expect(proxies.sourceOf(request(headers), peer)).toBe(source)
  })
})
