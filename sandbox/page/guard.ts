import type { RequestHandler } from 'express'

/**
 * Lets in only what a browser on this machine asked for on purpose: the Host header must be this server's loopback
 * address (DNS rebinding arrives with another name), and whatever changes something must come from our own page
 * (Origin, Sec-Fetch-Site) as JSON (a cross-site form cannot send that without asking first).
 *
 * @param frames what the page may show in a frame, and which pages may show it in theirs; nothing and none unless told
 */
export function guard(
  port: () => number,
  frames: { readonly frameSrc?: () => string; readonly ancestors?: string } = {},
): RequestHandler {
  return (request, response, next) => {
    const hosts = ['127.0.0.1', 'localhost', '[::1]'].map((name) => `${name}:${port()}`)
    const host = request.headers.host ?? ''
    if (!hosts.includes(host)) return void response.status(421).json({ error: '只在本机使用 loopback only' })
    const site = request.headers['sec-fetch-site']
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      const foreign = request.headers.origin !== `http://${host}` || (site !== undefined && site !== 'same-origin')
      if (foreign) return void response.status(403).json({ error: '拒绝跨站请求 cross-site requests are refused' })
      if (!request.is('application/json')) return void response.status(415).json({ error: '须为 application/json' })
    }
    response.set({
      'Content-Security-Policy':
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; " +
        `frame-src ${frames.frameSrc?.() ?? "'none'"}; frame-ancestors ${frames.ancestors ?? "'none'"}`,
      'X-Content-Type-Options': 'nosniff',
      'Referrer-Policy': 'no-referrer',
      'Cross-Origin-Resource-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    })
    next()
  }
}
