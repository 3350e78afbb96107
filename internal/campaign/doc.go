// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package campaign has tests of the whole provider in one process and in made-up time. In two of them a seed determines what happens.
//
// TestCampaign invents an estate with changes, faults and kills, and runs it against the sandbox, which must hold the right counts in the end.
// TestRandomWalk does the same with the license sync alone, against a second model of Gradient that shares nothing with the sandbox.
//
// TestLife lives the life of one estate with every value of every switch of the sandbox: all that nobody knows of the real services.
//
// The package has only tests.
package campaign
