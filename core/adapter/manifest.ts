import type { NoticeAddress } from '../message/notice.ts'
import type { z } from 'zod'
import type { Exposed } from '../config/listeners.ts'
import type { SystemFault } from '../config/problems.ts'
import type { AccountConfig, SystemConfig } from '../config/schema.ts'
import type { Merge } from '../directory/succession.ts'
import type { ErrorEntry } from '../errors/entry.ts'
import type { EventEntry } from '../events/entry.ts'
import type { CompiledProfile } from '../mapping/profile/port.ts'
import type { MessageKind } from '../message/schema.ts'
import type { Adapter, House } from './port.ts'

/** In Chinese and English. */
export interface Said {
  readonly zh: string
  readonly en: string
}

/** How long the text of a notice (提醒) may be for a system. */
export interface NoticeRules {
  /** UTF-16 units, what the system adds not counted */
  readonly most: number
  /** the setting that says so, for errors */
  readonly rule: string
  /** throws a YizhanError about a text that the system does not take */
  check(text: string): void
}

/** A secret that systems of an adapter may need, for whoever reads about it. */
export interface SecretEntry extends Said {
  /** `<id>` stands for the system's: `<id>.password` */
  readonly name: string
}

/** Keys of an entry of `systems.yaml` that adapters share; each says which of them it uses. */
export type SharedKey = 'profile' | 'roles' | 'url' | 'username' | 'pollMs'

/** An address that a system's adapter opens by itself, and the key that says so. */
export interface Listening {
  readonly host: string
  readonly port: number
  readonly key: string
}

/** Who is to be proven, for `Manifest.proof`. */
export interface ProofOf {
  readonly system: SystemConfig
  readonly account: Pick<AccountConfig, 'id'>
  /** undefined: it logs in by a certificate or a key */
  readonly password: string | undefined
  /** the units that the account speaks for, all of them, and whether it speaks for the only one of them by itself */
  readonly units: readonly string[]
  readonly single: boolean
  /** a profile of the configuration, by its id */
  readonly profile: (id: string) => CompiledProfile
  /** the machine by which others reach us, where the configuration says so */
  readonly host: string | undefined
  /** no slash at the end */
  readonly publicUrl: string
}

/**
 * What the house knows of an adapter: everything outside its folder that speaks of it derives from here. The list of
 * all of them is `adapters/manifests.ts`; core is given them, and knows none by name.
 */
export interface AdapterManifest {
  /** `adapter:` of `systems.yaml`, and the name of its folder */
  readonly id: string
  readonly name: Said
  /** what it is for, in one sentence */
  readonly purpose: Said
  /** version that it came with; absent: the first */
  readonly since?: string
  /** its page in `docs/systems/` */
  readonly guide: string
  /** of the shared keys, those that mean something to it; the others are refused */
  readonly uses: readonly SharedKey[]
  /** its own settings: each key described in both languages, with default, and since when */
  readonly settings: z.ZodType
  /** those of its settings that stand in the entry itself and not under `settings` */
  readonly inEntry?: readonly string[]
  readonly secretEntries: readonly SecretEntry[]
  /** its part of the catalogues; each declares its codes too, so that the compiler knows them */
  readonly errors: Readonly<Record<string, ErrorEntry>>
  readonly events: Readonly<Record<string, EventEntry>>
  /** instants at which a test may kill the process */
  readonly failpoints: readonly string[]
  /** kinds of message that its systems take, when a flow sends to them or delivers to their units */
  readonly takes: readonly MessageKind[]
  /** what it is sent is for everybody to read: only what may be published goes there */
  readonly publishes?: true
  /** kinds of message that come from its systems */
  readonly gives: readonly MessageKind[]
  /** names of the secrets that a system with these settings needs */
  secrets(system: SystemConfig): readonly string[]
  /**
   * What the schemas cannot tell, all of it; also where these find faults, so that nothing shows only afterwards.
   * `earlier` are those of this adapter that stand before it.
   */
  check?(system: SystemConfig, earlier: readonly SystemConfig[]): readonly SystemFault[]
  /** whether we call this system over TLS, so that `tls` is for something; absent: never */
  readonly callsOverTls?: (system: SystemConfig) => boolean
  /** whether what is for its units is sent to it; absent: where we call it at a `url` */
  pushes?(system: SystemConfig): boolean
  /** the units that merge, by its settings; none where these are wrong */
  merges?(system: SystemConfig): readonly Merge[]
  /** the address of a person by which its notices go; absent: it takes none */
  readonly noticeTo?: NoticeAddress
  /** absent: every notice that the house has fits */
  notices?(system: SystemConfig): NoticeRules | undefined
  /** addresses that it opens beside the station's own, for `yizhan check` */
  listens?(system: SystemConfig): readonly Listening[]
  /** connects and logs in as the adapter would, and leaves: for `yizhan check`. Rejects where that fails. */
  readonly reach?: (system: SystemConfig, secret: (name: string) => string) => Promise<void>
  /** a line for a shell that proves an account; undefined where there is none */
  readonly proof?: (of: ProofOf) => string | undefined
  /** the listener at which its accounts call us; absent: that of OAs */
  readonly served?: Exposed
  readonly create: (house: House) => Adapter
}

/** The one that a system of the configuration names, which was checked. */
export function adapterOf(
  manifests: readonly AdapterManifest[],
  { adapter }: Pick<SystemConfig, 'adapter'>,
): AdapterManifest {
  const found = manifests.find(({ id }) => id === adapter)
  if (found === undefined) throw new Error(`adapter ${adapter} was checked when the configuration was loaded`)
  return found
}
