import { workerData, type MessagePort } from 'node:worker_threads'

/**
 * Answers each call with its argument and the number of calls that came with it; `die` ends the thread, `bytes` says
 * what arrived.
 */
type Call = readonly [n: number, name: 'echo' | 'bytes' | 'die', argument: unknown]
const { options, port } = workerData as { options: { fail?: string }; port: MessagePort }

if (options.fail !== undefined) {
  port.postMessage({ failed: { code: 'LEDGER_CORRUPT', facts: { detail: options.fail }, message: options.fail } })
  port.close()
} else {
  port.on('message', (message: readonly Call[] | 'close') => {
    if (message === 'close') return port.close()
    if (message.some(([, name]) => name === 'die')) process.exit(3)
    port.postMessage(
      message.map(([n, name, argument]) => [
        n,
        true,
        name === 'bytes' ? sizes(argument as Uint8Array) : { argument, together: message.length },
      ]),
    )
  })
  port.postMessage({ ready: true })
}

function sizes(bytes: Uint8Array): { text: string; buffer: number } {
  return { text: Buffer.from(bytes).toString(), buffer: bytes.buffer.byteLength }
}
