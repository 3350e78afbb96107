//go:build race

package campaign

// shortRuns and shortWalks are the default numbers of seeds. The race detector makes each of them several times slower.
const shortRuns, shortWalks = 40, 40
