// Package campaign is a property test of the whole provider. A seed determines a random estate with changes, faults and kills. At the end the
// sandbox must hold the right counts. The package has only tests.
package campaign
