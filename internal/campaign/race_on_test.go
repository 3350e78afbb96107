//go:build race

package campaign

// shortRuns is the default number of seeds. The race detector makes each of them several times slower.
const shortRuns, shortWalks = 40, 40
