import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { run, type ForeignClient } from '../conformance/lib/interop/clients.ts'

/**
 * Clients whose generators Debian does not have: they come from Maven, from the Go module proxy and from NuGet, so they
 * are run before a release (`npm run check-generators`) and not by `npm test`.
 */

const here = import.meta.dirname

function java(name: string, pom: string, generate: (folder: string) => readonly string[]): ForeignClient {
  return {
    name,
    versions: ['1.1', '1.2', 'MTOM'],
    async prepare(folder) {
      await copyFile(join(here, 'java', pom), join(folder, 'pom.xml'))
      await copyFile(join(here, 'java', 'Client.java'), join(folder, 'Client.java'))
      await mkdir(join(folder, 'generated'))
      await mkdir(join(folder, 'classes'))
      await run(folder, 'mvn', '-q', '-B', 'dependency:copy-dependencies', '-DoutputDirectory=lib')
      await run(folder, 'java', '-cp', 'lib/*', ...generate(folder))
      const sources = (await run(folder, 'find', 'generated', '-name', '*.java')).trim().split('\n')
      await run(folder, 'javac', '-encoding', 'UTF-8', '-cp', 'lib/*', '-d', 'classes', 'Client.java', ...sources)
    },
    command: (folder) => [
      'java',
      '-Dfile.encoding=UTF-8',
      '-Dstdout.encoding=UTF-8',
      '-cp',
      `${join(folder, 'classes')}:${join(folder, 'lib', '*')}`,
      'Client',
    ],
  }
}

/** `GOWSDL_SOURCE` names a checkout of it, where the module proxy has none. */
const GOWSDL = 'github.com/hooklift/gowsdl'
const GOWSDL_VERSION = 'v0.5.0'

export const GENERATORS: readonly ForeignClient[] = [
  java('Apache CXF (wsdl2java)', 'cxf.xml', () => [
    'org.apache.cxf.tools.wsdlto.WSDLToJava',
    ...['-encoding', 'UTF-8', '-p', 'test.gen', '-d', 'generated', 'yizhan-oa.wsdl'],
  ]),
  java('JAX-WS RI (wsimport)', 'jaxws.xml', () => [
    'com.sun.tools.ws.WsImport',
    // Without -extension it leaves the port of SOAP 1.2 out, and says so.
    ...['-Xnocompile', '-extension', '-encoding', 'UTF-8', '-p', 'test.gen', '-d', 'generated', 'yizhan-oa.wsdl'],
  ]),
  {
    name: 'Go (gowsdl)',
    versions: ['1.1'],
    async prepare(folder) {
      const source = process.env['GOWSDL_SOURCE']
      const module = `module client\n\ngo 1.21\n\nrequire ${GOWSDL} ${GOWSDL_VERSION}\n`
      await writeFile(
        join(folder, 'go.mod'),
        source === undefined ? module : `${module}\nreplace ${GOWSDL} => ${source}\n`,
      )
      await copyFile(join(here, 'go', 'main.go'), join(folder, 'main.go'))
      const generate = ['-mod=mod', `${GOWSDL}/cmd/gowsdl`, '-p', 'oa', '-d', '.', '-o', 'oa.go', 'yizhan-oa.wsdl']
      await run(folder, 'go', 'run', ...generate)
      // What it makes for servers, nobody asked for.
      await rm(join(folder, 'oa', 'serveroa.go'))
      await run(folder, 'go', 'build', '-mod=mod', '-o', 'client', '.')
    },
    command: (folder) => [join(folder, 'client')],
  },
]
