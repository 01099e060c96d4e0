import { directorySuite } from './lib/directory-suite.ts'
import { sandboxRig, slapdRig } from './lib/directory-rigs.ts'

directorySuite('the sandbox', sandboxRig)
directorySuite('slapd', slapdRig)
