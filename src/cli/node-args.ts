/** The address argument that most commands begin with. */
import {Args} from '@oclif/core'

/** Several are tried in turn until one answers; `host port` is accepted too. */
export const clusterArg = {
  cluster: Args.string({
    description: 'host:port of any node of the cluster; of several the first that answers is asked',
    multiple: true,
    required: true,
    ignoreStdin: true,
  }),
}
