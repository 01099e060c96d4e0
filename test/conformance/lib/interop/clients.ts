import { execFile } from 'node:child_process'
import { copyFile, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A client that is not ours: how it is made from our WSDL, and how it is run. */
export interface ForeignClient {
  readonly name: string
  /** the versions that it speaks, as its program is told */
  readonly versions: readonly string[]
  /** generates and compiles in a folder that holds `yizhan-oa.wsdl` and `yizhan.xsd` */
  prepare(folder: string): Promise<void>
  /** command and first arguments */
  command(folder: string): readonly string[]
}

const here = import.meta.dirname
const execute = promisify(execFile)

/** Runs a program to its end; what it printed. Rejects with its words where it fails. */
export async function run(folder: string, command: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await execute(command, args, { cwd: folder, env: { ...process.env, LC_ALL: 'C.UTF-8' } })
  return stdout
}

/**
 * Writes the description of the service at that address into a folder, the schema beside it: some generators read files
 * only.
 */
export async function describeTo(folder: string, url: string): Promise<void> {
  for (const [name, query] of [
    ['yizhan-oa.wsdl', 'wsdl'],
    ['yizhan.xsd', 'xsd=1'],
  ] as const) {
    const text = await (await fetch(`${url}?${query}`)).text()
    await writeFile(join(folder, name), text.replace(/schemaLocation="[^"]*"/, 'schemaLocation="yizhan.xsd"'))
  }
}

/** Debian's Python, not one that somebody put before it on the path: its packages are Debian's. */
const PYTHON = '/usr/bin/python3'

/** What tells the clients of one dialect from those of another. */
interface Made {
  /** folder of their programs */
  readonly folder: string
  /** files that the description of the service lies in */
  readonly description: readonly string[]
  /** versions that gSOAP is run with */
  readonly gsoap: readonly string[]
  /** assemblies that Mono's client needs */
  readonly assemblies: readonly string[]
}

function clientsOf({ folder: programs, description, gsoap, assemblies }: Made): readonly ForeignClient[] {
  const script = (name: string, versions: readonly string[], command: string, file: string): ForeignClient => ({
    name,
    versions,
    prepare: () => Promise.resolve(),
    command: () => [command, join(programs, file)],
  })
  return [
    script('PHP’s SoapClient', ['1.1', '1.2'], 'php', 'client.php'),
    script('zeep', ['1.1', '1.2'], PYTHON, 'client_zeep.py'),
    script('suds', ['1.1'], PYTHON, 'client_suds.py'),
    {
      name: 'gSOAP',
      versions: gsoap,
      async prepare(folder) {
        await run(folder, 'wsdl2h', '-c', '-w', '-o', 'oa.h', ...description.slice(0, 1))
        await run(folder, 'soapcpp2', '-c', '-C', '-L', '-x', '-w', '-I/usr/share/gsoap/import', 'oa.h')
        await copyFile(join(programs, 'client.c'), join(folder, 'client.c'))
        await run(folder, 'gcc', '-w', '-o', 'client', 'client.c', 'soapC.c', 'soapClient.c', '-lgsoap')
      },
      command: (folder) => [join(folder, 'client')],
    },
    {
      name: 'Mono',
      versions: ['1.1', '1.2'],
      async prepare(folder) {
        await run(folder, 'wsdl', ...description, '-out:Service.cs')
        const client = (await readFile(join(programs, 'Client.cs'), 'utf8')).trimStart()
        await writeFile(join(folder, 'Client.cs'), client)
        const references = ['System.Web.Services', 'System.Xml', ...assemblies].map((name) => `-r:${name}`)
        await run(folder, 'mcs', '-out:client.exe', ...references, 'Service.cs', 'Client.cs')
      },
      command: (folder) => ['mono', join(folder, 'client.exe')],
    },
  ]
}

/** Debian's wsimport is of the years when its packages were called javax: the same client, by that name. */
const JARS = '/usr/share/java/*'
const wsimport: ForeignClient = {
  name: 'JAX-WS RI',
  versions: ['1.1', '1.2', 'MTOM'],
  async prepare(folder) {
    const client = await readFile(join(here, '../../../release/java/Client.java'), 'utf8')
    await writeFile(join(folder, 'Client.java'), client.replaceAll('jakarta.xml', 'javax.xml'))
    for (const made of ['generated', 'classes']) await mkdir(join(folder, made))
    await run(
      folder,
      'wsimport',
      ...['-Xnocompile', '-extension', '-encoding', 'UTF-8', '-p', 'test.gen', '-d', 'generated', 'yizhan-oa.wsdl'],
    )
    const sources = (await run(folder, 'find', 'generated', '-name', '*.java')).trim().split('\n')
    await run(folder, 'javac', '-encoding', 'UTF-8', '-cp', JARS, '-d', 'classes', 'Client.java', ...sources)
  },
  command: (folder) => [
    'java',
    ...['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8', '-cp', `${join(folder, 'classes')}:${JARS}`, 'Client'],
  ],
}

/** Those of our own dialect; `describeTo` writes what they are made from. */
export const FOREIGN_CLIENTS = [
  ...clientsOf({
    folder: here,
    description: ['yizhan-oa.wsdl', 'yizhan.xsd'],
    gsoap: ['1.1', '1.2', 'MTOM'],
    assemblies: [],
  }),
  wsimport,
]

/** Those of the 新点 dialect, made from `epoint.wsdl`. */
export const EPOINT_CLIENTS = clientsOf({
  folder: join(here, 'epoint'),
  description: ['epoint.wsdl'],
  gsoap: ['1.1', '1.2'],
  assemblies: ['System.Xml.Linq'],
})

/** Those of a described dialect: two, for what its file says is what they are made from. */
export const DESCRIBED_CLIENTS = clientsOf({
  folder: join(here, 'described'),
  description: ['jiaohuan.wsdl'],
  gsoap: [],
  assemblies: [],
}).slice(0, 2)
