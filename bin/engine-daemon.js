// The process that holds the nodes which `tscluster engine start` starts; it is not meant to be run by hand.
import {loadBundle} from './load-bundle.js'

const [folder, version] = process.argv.slice(2)
await loadBundle('daemon').runDaemon(folder, version)
