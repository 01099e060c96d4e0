import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** What test/lib/php/soap-call.php is asked for: one operation, called through PHP's SoapClient. */
export interface PhpSoapCall {
  wsdl: string
  operation: string
  /** The operation's arguments as JSON; base64 values go as `{"base64": "…"}`. */
  parameters: unknown
  /** SoapClient's own options, such as soap_version, login, password and location. */
  options?: Record<string, string | number | boolean>
  /** SOAP header blocks as XML, such as a wsse:Security with its UsernameToken. */
  headers?: string[]
}

export interface PhpSoapAnswer {
  result?: unknown
  fault?: { code: string; message: string; detail: unknown }
  /** The HTTP bodies as they were sent, null where none was. */
  request: string | null
  response: string | null
}

/**
 * Runs a PHP script that reads JSON from its standard input and prints JSON.
 * WSDLs are not cached from one run to the next. Rejects with what the script printed when it fails or prints no JSON.
 */
export async function runPhp(script: string, input: unknown, timeoutMs = 30_000): Promise<unknown> {
  const flags = ['-d', 'soap.wsdl_cache_enabled=0', '-d', 'display_errors=stderr', '-d', 'html_errors=0']
  const running = promisify(execFile)('php', [...flags, script], { timeout: timeoutMs, maxBuffer: 64 * 1024 * 1024 })
  let brokenPipe: Error | undefined
  running.child.stdin?.on('error', (error) => (brokenPipe = error)).end(JSON.stringify(input))
  try {
    return JSON.parse((await running).stdout)
  } catch (error) {
    const printed = await running.catch((failure: unknown) => failure as { stdout: string; stderr: string })
    throw new Error(`${script}: ${printed.stdout.slice(0, 2_000)} ${printed.stderr.slice(0, 2_000)}`, {
      cause: brokenPipe ?? error,
    })
  }
}

/** Calls an operation as an application in PHP would that knows nothing but the WSDL. A SOAP fault is an answer. */
export async function phpSoapCall(call: PhpSoapCall): Promise<PhpSoapAnswer> {
  const script = fileURLToPath(new URL('./php/soap-call.php', import.meta.url))
  return (await runPhp(script, call)) as PhpSoapAnswer
}
