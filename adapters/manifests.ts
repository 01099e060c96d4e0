/** Every adapter that the house has: one folder, and one line here. */
export { archiveManifest } from './archive/manifest.ts'
export { directoryManifest } from './directory/manifest.ts'
export { filesManifest } from './files/manifest.ts'
export { mailManifest } from './mail/manifest.ts'
export { oaManifest } from './oa/manifest.ts'
export { portalManifest } from './portal/manifest.ts'
export { restManifest } from './rest/manifest.ts'
export { smsManifest } from './sms/manifest.ts'
