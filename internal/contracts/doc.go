// Package contracts holds what is publicly known of the APIs that the provider calls: one Markdown file per upstream, each
// fact with its source and how certain it is. The clients and the sandbox are both written against these files.
//
// Code and tests cite a section by file name and number, as in "gradient.md §3.6", and a rule of the license sync
// (internal/licensesync/RULES.md) as "rule 7". The package has no code. Its test fails when a citation or a link leads nowhere,
// or when a rule has no test.
package contracts
