import {fixedSeeds} from './fixed-seeds.js'

fixedSeeds('del-node')
