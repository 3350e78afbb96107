// Package campaign has two property tests of the whole provider, in which a seed determines what happens.
//
// TestCampaign invents an estate with changes, faults and kills, and runs it against the sandbox, which must hold the right counts in the end.
// TestRandomWalk does the same with the license sync alone, against a second model of Gradient that shares nothing with the sandbox.
//
// The package has only tests.
package campaign
