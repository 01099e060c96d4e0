import ssh2, { type AuthContext, type KeyboardAuthContext, type PublicKeyAuthContext } from 'ssh2'
import type { House } from '../../../core/adapter/port.ts'
import { accountSecret } from '../../../core/config/needed-secrets.ts'
import type { Account } from '../../../core/door/port.ts'
import { asYizhanError, YizhanError } from '../../../core/errors/error.ts'
import { sameSecret } from '../../../core/util/same-secret.ts'

const METHODS: ('password' | 'publickey' | 'keyboard-interactive')[] = ['publickey', 'password', 'keyboard-interactive']

/** Who logs in to one endpoint over one connection: by password, or by a key that stands with the account. */
export class SshLogin {
  readonly #house: House
  readonly #system: string
  readonly #source: string
  #tries = 0
  /** the name that was given last */
  #offered: string | undefined

  constructor(house: House, system: string, source: string) {
    this.#house = house
    this.#system = system
    this.#source = source
  }

  get tries(): number {
    return this.#tries
  }

  /** Answers one try; calls back with who it is. */
  decide(context: AuthContext, known: (account: Account) => void): void {
    this.#offered = context.username
    switch (context.method) {
      case 'password':
        return this.#password(context, context.password, known)
      case 'keyboard-interactive':
        return this.#ask(context, known)
      case 'publickey':
        return this.#key(context, known)
      default:
        // Clients ask so which methods there are: no try.
        context.reject(METHODS)
    }
  }

  /** The connection has ended before anybody got in: a name without a try that counted is told all the same. */
  ended(): void {
    if (this.#offered !== undefined && this.#tries === 0)
      this.#note(new YizhanError('UNAUTHENTICATED', { field: this.#offered, rule: 'publickey' }), this.#offered, false)
  }

  #password(context: AuthContext, password: string, known: (account: Account) => void): void {
    this.#tries++
    const { username } = context
    try {
      const check = (secret: string): boolean => sameSecret(password, secret)
      known(this.#house.door.authenticate(this.#system, username, check, this.#source))
      context.accept()
    } catch (thrown) {
      this.#note(thrown, username, true)
      context.reject(METHODS)
    }
  }

  #ask(context: KeyboardAuthContext, known: (account: Account) => void): void {
    context.prompt([{ prompt: 'Password: ', echo: false }], (answers: unknown) => {
      const [password] = Array.isArray(answers) ? (answers as unknown[]) : []
      if (typeof password === 'string') this.#password(context, password, known)
      else context.reject(METHODS)
    })
  }

  /** An offered key that is not the account's is no guess: clients offer all that they have. */
  #key(context: PublicKeyAuthContext, known: (account: Account) => void): void {
    const { username, key, signature, blob } = context
    const mine = this.#keysOf(username).find((one) => one.getPublicSSH().equals(key.data))
    if (mine === undefined) {
      context.reject(METHODS)
      return
    }
    if (signature === undefined || blob === undefined) {
      context.accept()
      return
    }
    this.#tries++
    try {
      // By its types a boolean; an algorithm that it does not know is an Error.
      const proven = (mine.verify(blob, signature, context.hashAlgo) as unknown) === true
      known(this.#house.door.recognise(this.#system, username, proven, this.#source))
      context.accept()
    } catch (thrown) {
      this.#note(thrown, username, true)
      context.reject(METHODS)
    }
  }

  #keysOf(name: string): readonly ssh2.ParsedKey[] {
    const account = this.#house.city().accounts.find(({ id, system }) => id === name && system === this.#system)
    return (account?.keys ?? []).flatMap((text) => {
      const key = ssh2.utils.parseKey(text)
      return key instanceof Error ? [] : [key]
    })
  }

  #note(thrown: unknown, name: string, isGuess: boolean): void {
    const error = asYizhanError(thrown)
    if (error.code !== 'UNAUTHENTICATED' && error.code !== 'ACCOUNT_WAITS') throw error
    const account = this.#house.city().accounts.find(({ id }) => id === name)
    const isOff = account !== undefined && this.#house.accepted(accountSecret(account.id)).length === 0
    this.#house.rejections.note(
      {
        code: 'account.rejected',
        at: this.#house.clock.now(),
        system: this.#system,
        source: this.#source,
        actor: name.slice(0, 64),
        error: error.code,
        detail: isOff && account.keys === undefined ? '账号暂停：缺少密钥 / its secret is missing' : error.facts.rule,
      },
      isGuess,
    )
  }
}
