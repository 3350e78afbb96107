// Package campaign is a property test of the whole provider: invented estates, changes, faults and kills, drawn from a seed,
// after which the right counts must stand in the sandbox. It holds nothing but tests.
package campaign
