// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

//go:build unix

package endtoend

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cli"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const root = "../../"

// From an empty folder: the configuration that the README of the module shows, two files as Excel saves them, init from a mirror of the provider,
// and then plan and apply as the README says, until the plan is empty.
func TestFromAnEmptyFolder(t *testing.T) {
	t.Parallel()
	server := providertest.Start(t, sandbox.DefaultSeed(), sandbox.Options{})
	e := &estate{t: t, cli: providertest.CLI(t), dir: t.TempDir(), sandbox: server}
	if err := buildProvider(); err != nil {
		t.Fatal(err)
	}
	e.env = cli.Environment(mirror(t), server.Env())
	e.env = append(e.env, "TF_CLI_ARGS=-no-color")
	e.write("main.tf", strings.ReplaceAll(shownIn(t, "modules/estate/README.md"), "github.com/msp-as-code/terraform-provider-cloudradial//", "./"))
	if err := os.CopyFS(filepath.Join(e.dir, "modules"), os.DirFS(root+"modules")); err != nil {
		t.Fatal(err)
	}
	e.write("companies.csv", providertest.UTF16(strings.ReplaceAll(text(t, "examples/estate/companies.csv"), ",", "\t")))
	e.write("licenses.csv", "\ufeff"+strings.NewReplacer(",", ";", "\n", "\r\n").Replace(text(t, "examples/estate/licenses.csv")))

	e.run(0, "init")
	if plan := e.run(0, "plan"); !strings.Contains(plan, `+ "Microsoft 365 E3" = 310`) {
		t.Errorf("the first plan does not show the numbers:\n%s", plan)
	}
	providertest.ExpectWrites(t, server)
	e.run(0, "apply", "-auto-approve")
	server.MapAccounts()
	server.MapServices()
	e.run(0, "apply", "-auto-approve")
	e.run(0, "plan", "-detailed-exitcode")
	if got := server.UnitCounts()["kestrel"]["Microsoft 365 E3"]; got != 310 {
		t.Errorf("Gradient has %g units, want 310", got)
	}
}

// mirror puts the build of the provider where init finds it, and returns the configuration of the CLI that says so.
func mirror(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, host := range []string{"registry.terraform.io", "registry.opentofu.org"} {
		folder := filepath.Join(dir, host, "msp-as-code", "cloudradial", "0.0.1", runtime.GOOS+"_"+runtime.GOARCH)
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join(programs, "terraform-provider-cloudradial"), filepath.Join(folder, "terraform-provider-cloudradial_v0.0.1")); err != nil {
			t.Fatal(err)
		}
	}
	file := filepath.Join(dir, "cli.tfrc")
	if err := os.WriteFile(file, []byte("provider_installation {\n  filesystem_mirror { path = \""+dir+"\" }\n}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// shownIn returns the first configuration that a page shows.
func shownIn(t *testing.T, page string) string {
	t.Helper()
	_, shown, found := strings.Cut(text(t, page), "```terraform\n")
	shown, _, closed := strings.Cut(shown, "```")
	if !found || !closed {
		t.Fatalf("%s shows no configuration", page)
	}
	return shown
}

func text(t *testing.T, file string) string {
	t.Helper()
	content, err := os.ReadFile(root + file)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}
