import {fixedSeeds} from './fixed-seeds.js'

fixedSeeds('import')
