// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// Whoever can change an action that a workflow runs can change a release. So every action is pinned by commit, and the version that the commit
// is stands beside it; all parts of one repository are of one commit, in the template for users too; and no job may write by default or leaves the
// token of the checkout to the steps after it.
func TestWorkflowsRunOnlyWhatWasLookedAt(t *testing.T) {
	t.Parallel()
	ours, err := filepath.Glob("../../.github/workflows/*.yml")
	if err != nil || len(ours) < 4 {
		t.Fatal(ours, err)
	}
	uses := regexp.MustCompile(`uses: +(\S+)(.*)`)
	pinned := regexp.MustCompile(`^([\w-]+/[\w-]+)[\w/-]*(@[0-9a-f]{40} # v\d+\.\d+\.\d+)$`)
	commits := map[string]string{}
	for _, file := range append(ours, "../../examples/ci/github-actions.yml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range uses.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(found[1], "./.github/workflows/") {
				continue
			}
			action := pinned.FindStringSubmatch(found[1] + found[2])
			if action == nil {
				t.Errorf("%s: %s is not pinned by commit, with the version as a comment", file, found[1])
				continue
			}
			if known, ok := commits[action[1]]; ok && known != action[2] {
				t.Errorf("%s: %s is %s here, and %s elsewhere", file, action[1], action[2], known)
			}
			commits[action[1]] = action[2]
		}
		expectNoRights(t, file, text)
	}
}

// expectNoRights fails the test when the jobs of a workflow may write without saying so, or a checkout keeps its token.
func expectNoRights(t *testing.T, file string, text []byte) {
	t.Helper()
	var workflow struct {
		Permissions map[string]string
		Jobs        map[string]struct {
			Steps []struct {
				Uses string
				With map[string]any
			}
		}
	}
	if err := yaml.Unmarshal(text, &workflow); err != nil {
		t.Fatalf("%s: %s", file, err)
	}
	if len(workflow.Permissions) != 1 || workflow.Permissions["contents"] != "read" {
		t.Errorf("%s: jobs may %v by default, want to read contents and nothing else", file, workflow.Permissions)
	}
	for name, job := range workflow.Jobs {
		for _, step := range job.Steps {
			if strings.HasPrefix(step.Uses, "actions/checkout@") && step.With["persist-credentials"] != false {
				t.Errorf("%s: the checkout of %s leaves its token to later steps", file, name)
			}
		}
	}
}
