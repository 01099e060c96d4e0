import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { access, rename, rm, writeFile } from 'node:fs/promises'

export interface DebianPackage {
  name: string
  /** What the tests do with it, in Chinese and English. */
  purpose: string
}

/** Everything that the tests need beside npm's packages. */
export const testPackages: readonly DebianPackage[] = [
  { name: 'rabbitmq-server', purpose: '真实的消息中间件 / a real broker for the bus and its faults' },
  { name: 'postgresql-15', purpose: '真实的数据库服务器，存放台账 / a real database server that keeps the ledger' },
  { name: 'chromium', purpose: '真实的浏览器 / a real browser for the editor and the pages' },
  { name: 'fonts-noto-cjk', purpose: '截图中的汉字 / Chinese characters in screenshots' },
  { name: 'slapd', purpose: '真实的目录服务器 / a real directory server' },
  {
    name: 'ldap-utils',
    purpose: '修改真实目录的第三方客户端 / changes the real directory with a client that is not ours',
  },
  { name: 'tshark', purpose: '第三方 CMPP 3.0 解码 / decodes CMPP 3.0 independently' },
  { name: 'php-cli', purpose: '第三方 SOAP 客户端的运行环境 / runs a SOAP client that is not ours' },
  { name: 'php-soap', purpose: '第三方 SOAP 客户端 / that SOAP client' },
  { name: 'python3-zeep', purpose: '第三方 SOAP 客户端 / a SOAP client that is not ours' },
  { name: 'python3-suds', purpose: '第三方 SOAP 客户端 / a SOAP client that is not ours' },
  { name: 'gsoap', purpose: '由 WSDL 生成 C 客户端 / generates a client in C from our WSDL' },
  { name: 'libgsoap-dev', purpose: 'gSOAP 的运行库 / what that client is linked with' },
  { name: 'gcc', purpose: '编译 C 客户端 / compiles that client' },
  { name: 'libc6-dev', purpose: '编译 C 客户端 / compiles that client' },
  { name: 'mono-devel', purpose: '由 WSDL 生成 .NET 客户端 / generates a client for .NET from our WSDL' },
  { name: 'mono-mcs', purpose: '编译 .NET 客户端 / compiles that client' },
  { name: 'jaxws', purpose: '由 WSDL 生成 Java 客户端 / generates a client for Java from our WSDL' },
  { name: 'openjdk-17-jdk-headless', purpose: '编译、运行 Java 客户端 / compiles and runs that client' },
  { name: 'libxml2-utils', purpose: '以 xmllint 按 XSD 核对每个应答 / holds every answer against our schema' },
  {
    name: 'openssh-server',
    purpose: '真实的 SFTP 服务器与 sftp、scp 客户端 / a real SFTP server, and the clients sftp and scp',
  },
  { name: 'proftpd-core', purpose: '另一种 SFTP 服务器 / an SFTP server that is not OpenSSH' },
  { name: 'proftpd-mod-crypto', purpose: '该服务器的 mod_sftp / its mod_sftp' },
  { name: 'lftp', purpose: '文件接口的第三方客户端 / a client of the file endpoint that is not ours' },
  { name: 'haproxy', purpose: '真实的反向代理 / a real proxy before the station' },
  { name: 'systemd', purpose: '核对站点的服务单元 / holds the unit of the service against its rules' },
  { name: 'age', purpose: '解密我们加密的备份 / decrypts our encrypted backups' },
  { name: 'curl', purpose: '文档中的命令行 / command lines of the documentation' },
  { name: 'rsyslog', purpose: '真实的日志采集服务器 / a real collector of syslog' },
  { name: 'rsyslog-gnutls', purpose: '该服务器的 TLS / its TLS' },
  { name: 'ghostscript', purpose: '另一种 PDF 生成程序 / PDF files of another producer, for the guard' },
  { name: 'pango1.0-tools', purpose: '另一种 PDF 生成程序（cairo） / PDF files of another producer' },
  { name: 'python3-reportlab', purpose: '另一种 PDF 生成程序（不嵌字体） / PDF files whose fonts are not embedded' },
  { name: 'qpdf', purpose: '对象流、线性化、加密的 PDF / object streams, linearized and encrypted PDF files' },
  { name: 'python3-pika', purpose: '公开事件的第三方订阅者 / a foreign application that follows the public feed' },
  { name: 'python3-dbfread', purpose: '另一种 DBF 读取程序 / a second reader of our DBF catalogues' },
]

/** What the work needs of the machine; a test stands in for it. */
export interface Machine {
  isRoot(): boolean
  /** Exit code of a command; undefined when there is no such command. Its output goes to ours unless `quiet`. */
  run(command: string, args: string[], options?: { quiet?: boolean }): Promise<number | undefined>
  /** Runs the work while no package may start a service, such as a broker on its default port. */
  withoutServices(work: () => Promise<void>): Promise<void>
  say(line: string): void
}

/**
 * Installs what is missing, as root on Debian.
 *
 * @returns false when something is still missing; what, and how to install it, has then been said
 */
export async function ensurePackages(packages: readonly DebianPackage[], machine: Machine): Promise<boolean> {
  const missing = await missingOf(packages, machine)
  if (missing.length === 0) return true
  const names = missing.map(({ name }) => name)
  const hasApt = (await machine.run('apt-get', ['--version'], { quiet: true })) === 0
  if (machine.isRoot() && hasApt) {
    machine.say(`安装测试所需软件包 / installing what the tests need: ${names.join(' ')}`)
    const apt = (...args: string[]) => machine.run('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args])
    await machine.withoutServices(async () => {
      await apt('update')
      await apt('install', '-y', '--no-install-recommends', ...names)
    })
  }
  const still = await missingOf(missing, machine)
  if (still.length === 0) return true
  machine.say('')
  machine.say('缺少测试所需的 Debian 软件包 / these Debian packages, which the tests need, are missing:')
  for (const { name, purpose } of still) machine.say(`  ${name}: ${purpose}`)
  machine.say('请以 root 安装(需能访问 Debian 软件源)/ install them as root, with access to a Debian mirror:')
  machine.say(
    `  apt-get update && apt-get install -y --no-install-recommends ${still.map(({ name }) => name).join(' ')}`,
  )
  return false
}

async function missingOf(packages: readonly DebianPackage[], machine: Machine): Promise<DebianPackage[]> {
  const missing: DebianPackage[] = []
  for (const one of packages) {
    // dpkg -s fails for a package that was removed and left its settings only in its words, so ask for the status.
    const installed = `dpkg-query -W -f='\${db:Status-Status}' ${one.name} 2>/dev/null | grep -qx installed`
    if ((await machine.run('/bin/sh', ['-c', installed], { quiet: true })) !== 0) missing.push(one)
  }
  return missing
}

const POLICY = '/usr/sbin/policy-rc.d'

/** The machine that we run on. */
export const thisMachine: Machine = {
  isRoot: () => process.getuid?.() === 0,
  async run(command, args, { quiet = false } = {}) {
    const output = quiet ? 'ignore' : 'inherit'
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const child = spawn(command, args, { stdio: ['ignore', output, output], env })
    try {
      const [code] = (await once(child, 'exit')) as [number | null]
      return code ?? 1
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
      throw error
    }
  },
  // invoke-rc.d asks this file; 101 forbids, see /usr/share/doc/init-system-helpers/README.policy-rc.d.gz.
  async withoutServices(work) {
    const kept = `${POLICY}.before-tests`
    const hadPolicy = await exists(POLICY)
    // An interrupt ends apt-get, which shares our terminal, and then us, once the policy is back.
    const wait = () => undefined
    process.on('SIGINT', wait).on('SIGTERM', wait)
    try {
      if (hadPolicy) await rename(POLICY, kept)
      await writeFile(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
      await work()
    } finally {
      if (hadPolicy) await rename(kept, POLICY)
      else await rm(POLICY, { force: true })
      process.off('SIGINT', wait).off('SIGTERM', wait)
    }
  },
  say: (line) => process.stdout.write(line + '\n'),
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
