/** Help that begins with examples: they are what most people look for. oclif loads it by name (package.json). */
import {CommandHelp, Help} from '@oclif/core'

const FIRST = ['USAGE', 'EXAMPLES', 'DESCRIPTION']

class ExamplesFirst extends CommandHelp {
  protected override sections(): ReturnType<CommandHelp['sections']> {
    const rank = (header: string): number => {
      const place = FIRST.indexOf(header)
      return place < 0 ? FIRST.length : place
    }
    return super.sections().toSorted((a, b) => rank(a.header) - rank(b.header))
  }
}

export default class TsclusterHelp extends Help {
  protected override CommandHelpClass = ExamplesFirst
}
