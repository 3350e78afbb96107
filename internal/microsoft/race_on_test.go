//go:build race

package microsoft

// raceDetector says that the race detector takes memory too.
const raceDetector = true
