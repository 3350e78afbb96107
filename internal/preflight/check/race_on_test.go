//go:build race

package check

const raceDetector = true

const randomRuns uint64 = 20
