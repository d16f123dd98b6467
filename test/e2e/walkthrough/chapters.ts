/** The owner's walkthrough, chapter by chapter: what docs/walkthrough.md is made of. */
import {byCommand} from './chapters/by-command.js'
import {byHand} from './chapters/by-hand.js'
import {failures} from './chapters/failures.js'
import {growth} from './chapters/growth.js'
import {replicasByChoice} from './chapters/replicas-by-choice.js'
import {sixNodes} from './chapters/six-nodes.js'
import {type Chapter} from './story.js'

export const OPENING = `# A walkthrough

The life of a cluster on one laptop, with no server installed: six configuration files, a cluster made by hand and one made by a
command, growth, a crash, a lost disk, farewells, and the way back to nothing. It takes half an hour to type.

Every command was run, and below it stands what it printed: a test plays this page from its first line to its last and compares.
Your ids and times will be others, and later on the epochs. The lines of CLUSTER NODES come in any order; here they are sorted by port.

\`tscluster\` and \`tscluster-server\` are on the PATH. Everything happens in an empty folder. Where Redis is installed,
\`redis-server\` can take the place of \`tscluster-server\`, and \`redis-cli -p 7000 …\` that of
\`tscluster call 7000 --only-this …\`: files, commands and
replies are the same, only the order in which nodes are listed is not.`

export const CHAPTERS: readonly Chapter[] = [
  sixNodes,
  ...byHand,
  byCommand,
  ...growth,
  ...failures,
  ...replicasByChoice,
]
