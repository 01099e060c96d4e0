import { YizhanError } from '../../core/errors/error.ts'
import { madeFile, textFile } from './batch/body-file.ts'
import { catalogueDbf, catalogueXml } from './batch/catalogue.ts'
import { checkBatchId } from './batch/names.ts'
import type { Batch, BatchFile, BatchInput, ReadBody } from './batch/port.ts'
import { readmeText } from './batch/readme.ts'
import { entriesOf } from './batch/records.ts'
import type { ArchiveConfig } from './config.ts'
import type { CompiledArchiveProfile } from './profile/load.ts'

export type { ArchiveItem, Batch, BatchInput, ReadBody } from './batch/port.ts'

/** Documents of one batch: catalogue and records are made in memory. */
const MOST_ITEMS = 9_999

/**
 * Builds a batch: readme, XML and DBF catalogues, documents in folders, manifest and marker (电子档案移交与接收办法,
 * annex 2).
 * Nothing but the input goes in, no clock and no locale, so a batch that is built again after a crash is the same.
 *
 * @throws YizhanError ARCHIVE_VALUE, ARCHIVE_NUMBER, ARCHIVE_FILE, XML_CHARACTER, ENCODING_UNMAPPABLE: each for good
 */
export async function buildBatch(
  input: BatchInput,
  config: Pick<ArchiveConfig, 'classification' | 'sender'>,
  profile: CompiledArchiveProfile,
  read: ReadBody,
): Promise<Batch> {
  checkBatchId(input.id)
  if (input.items.length === 0 || input.items.length > MOST_ITEMS)
    throw new YizhanError('ARCHIVE_VALUE', {
      field: 'items',
      value: String(input.items.length),
      rule: `1–${MOST_ITEMS} 件 / documents`,
      detail: input.id,
    })
  const { layout, encoding } = profile.settings
  const entries = entriesOf(input.id, input.items, config.classification, profile.settings, read)
  const records = entries.map(({ record }) => record)
  const content = [
    textFile(
      layout.readme,
      readmeText(profile, { id: input.id, date: input.date, sender: config.sender }, records),
      encoding,
    ),
    madeFile(layout.xml, await catalogueXml(profile, records)),
    madeFile(layout.dbf, await catalogueDbf(profile, records, input.date)),
    ...entries.flatMap(({ files }) => files),
  ]
  const manifest = madeFile(
    layout.manifest,
    Buffer.from(content.map(({ sha256, path }) => `${sha256}  ${path}\n`).join('')),
  )
  return {
    id: input.id,
    items: entries.map(({ record, message }) => ({
      sequence: record.sequence,
      archiveNumber: record.archiveNumber,
      message,
      paths: record.paths,
    })),
    files: [manifest, ...content],
    marker: markerOf(input.id, content, manifest),
  }
}

/** Count and bytes are those of the files that the manifest lists. */
function markerOf(id: string, content: readonly BatchFile[], manifest: BatchFile): Buffer {
  const bytes = content.reduce((sum, { size }) => sum + size, 0)
  return Buffer.from(`batch=${id}\ncount=${content.length}\nbytes=${bytes}\nmanifest=sha256:${manifest.sha256}\n`)
}
