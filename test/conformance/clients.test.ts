import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runPhp, phpSoapCall } from '../lib/php.ts'
import { startChromium } from '../lib/servers/chromium.ts'

// The clients that are not ours, against a server that is nobody's: what they get wrong here is the machine's fault.

const wsdl = (address: string) => `<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="http://schemas.xmlsoap.org/wsdl/soap/"
  xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:t="urn:test" targetNamespace="urn:test">
  <types><xs:schema targetNamespace="urn:test" elementFormDefault="qualified">
    <xs:element name="Send"><xs:complexType><xs:sequence>
      <xs:element name="title" type="xs:string"/><xs:element name="body" type="xs:base64Binary"/>
    </xs:sequence></xs:complexType></xs:element>
    <xs:element name="SendResponse"><xs:complexType><xs:sequence>
      <xs:element name="number" type="xs:string"/>
    </xs:sequence></xs:complexType></xs:element>
  </xs:schema></types>
  <message name="In"><part name="parameters" element="t:Send"/></message>
  <message name="Out"><part name="parameters" element="t:SendResponse"/></message>
  <portType name="Port"><operation name="Send"><input message="t:In"/><output message="t:Out"/></operation></portType>
  <binding name="Binding" type="t:Port"><soap:binding transport="http://schemas.xmlsoap.org/soap/http"/>
    <operation name="Send"><soap:operation soapAction="urn:test:Send"/>
      <input><soap:body use="literal"/></input><output><soap:body use="literal"/></output></operation></binding>
  <service name="Service"><port name="Port" binding="t:Binding"><soap:address location="${address}/soap"/></port></service>
</definitions>`

const envelope = (body: string) =>
  `<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>${body}</s:Body></s:Envelope>`
const accepted = envelope('<SendResponse xmlns="urn:test"><number>周政办〔2011〕83号</number></SendResponse>')
const refused = envelope(
  '<s:Fault><faultcode>s:Client</faultcode><faultstring>密级</faultstring><detail><rule>R1</rule></detail></s:Fault>',
)

const page = `<!doctype html><meta charset="utf-8"><title>驿站</title><style>
  :root { color-scheme: light dark } body { background: light-dark(white, black) }</style>
  <button onclick="this.textContent = navigator.language">语言</button>`

let server: Server
let address: string

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/?wsdl') return response.setHeader('Content-Type', 'text/xml').end(wsdl(address))
    if (request.url === '/broken') {
      return response
        .setHeader('Content-Type', 'text/html; charset=utf-8')
        .end('<script>throw new Error("页面出错")</script>')
    }
    if (request.method === 'GET') return response.setHeader('Content-Type', 'text/html').end(page)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const classified = Buffer.concat(chunks).includes('机密')
      response.statusCode = classified ? 500 : 200
      response.setHeader('Content-Type', 'text/xml; charset=utf-8').end(classified ? refused : accepted)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterAll(async () => {
  server.close()
  server.closeAllConnections()
  await once(server, 'close')
})

describe('PHP’s SoapClient', () => {
  const send = (title: string) => ({
    wsdl: `${address}/?wsdl`,
    operation: 'Send',
    parameters: { title, body: { base64: 'AP8=' } },
    headers: ['<token xmlns="urn:token">口令</token>'],
  })

  it('calls an operation that it knows from the WSDL, bytes and header included', async () => {
    const { result, request } = await phpSoapCall(send('关于印发通知'))
    expect(result).toEqual({ number: '周政办〔2011〕83号' })
    expect(request).toContain('<ns1:body>AP8=</ns1:body>')
    expect(request).toContain('<token xmlns="urn:token">口令</token>')
  })

  it('gives a fault as an answer', async () => {
    const { fault, result } = await phpSoapCall(send('机密'))
    expect(fault).toEqual({ code: 's:Client', message: '密级', detail: { rule: 'R1' } })
    expect(result).toBeUndefined()
  })

  it('rejects with the words of PHP when the script does not run', async () => {
    await expect(runPhp('/no/such/script.php', {})).rejects.toThrow('Could not open input file')
  })
})

describe('Chromium', () => {
  it.each([
    ['light', 'zh-CN', 'rgb(255, 255, 255)'],
    ['dark', 'en-US', 'rgb(0, 0, 0)'],
  ] as const)('opens a page in %s and %s', async (colorScheme, locale, background) => {
    const chromium = await startChromium({ colorScheme, locale })
    try {
      const opened = await chromium.openPage(address)
      expect(await opened.title()).toBe('驿站')
      await opened.getByRole('button', { name: '语言' }).click()
      expect(await opened.getByRole('button').textContent()).toBe(locale)
      expect(await opened.evaluate('getComputedStyle(document.body).backgroundColor')).toBe(background)
      expect(chromium.errors).toEqual([])
    } finally {
      await chromium.close()
    }
  })

  it('keeps what a page throws', async () => {
    const chromium = await startChromium()
    try {
      await chromium.openPage(`${address}/broken`)
      expect(chromium.errors.map(({ message }) => message)).toEqual(['页面出错'])
    } finally {
      await chromium.close()
    }
  })
})
