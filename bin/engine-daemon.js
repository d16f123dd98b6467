// The process that holds the nodes which `tscluster engine start` starts; it is not meant to be run by hand.
const {loadBundle} = require('./load-bundle.js')

const [folder, version] = process.argv.slice(2)
void loadBundle('daemon').runDaemon(folder, version)
