// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package contracts holds what is publicly known of the APIs that the provider calls: one Markdown file per upstream, each
// fact with its source and how certain it is. The clients and the sandbox are both written against these files.
//
// Code and tests cite a section by file name and number, as in "gradient.md §3.6", and a rule of the license sync
// (internal/licensesync/RULES.md) as "rule 7". The package has no code. Its tests fail when a citation or a link leads nowhere,
// when a rule has no test, or when a switch of the sandbox is in no contract.
package contracts
