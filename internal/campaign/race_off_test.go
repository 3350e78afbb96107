//go:build !race

package campaign

// shortRuns and shortWalks are the default numbers of seeds: less than a minute together.
const shortRuns, shortWalks = 160, 250
