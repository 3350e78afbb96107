// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"bytes"
	"context"
	"flag"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/provider/providertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/reviewpage/browsertest"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

// testStage returns a stage for one test.
func testStage(t *testing.T) *stage {
	t.Helper()
	s, err := newStage(t.Context(), providertest.CLI(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	return s
}

func TestTheLifeOfTheEstate(t *testing.T) {
	t.Parallel()
	s := testStage(t)
	file := filepath.Join(s.dir, "life.har")
	s.env = append(s.env, transcript.Variable+"="+file)
	first, err := s.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	lived := &life{stage: s, out: &out}
	if err := lived.run(t.Context()); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	t.Run("page", func(t *testing.T) { lookAt(t, lived.page) })
	for _, secret := range s.server.Secrets() {
		if strings.Contains(out.String(), secret) {
			t.Error("the demo prints a secret")
		}
	}
	recorded, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if exchanges, leftOut := bytes.Count(recorded, []byte(`"startedDateTime"`)), bytes.Count(recorded, []byte(`"Left out,`)); exchanges < 500 || leftOut > 0 {
		t.Errorf("the transcript has %d exchanges, of which %d are left out", exchanges, leftOut)
	}
	expectSafe(t, s, string(recorded))
	keys := s.server.Credentials()
	p, err := transcript.PseudonymsOf(file, []string{keys.GradientVendorKey, keys.GradientPartnerKey, keys.CloudRadialPrivateKey, keys.MicrosoftClientSecret,
		keys.PSA.AutotaskSecret, keys.PSA.AutotaskIntegrationCode})
	if err != nil {
		t.Fatal(err)
	}
	replayed := s.replay(t, file, p)
	for _, recorded := range []plan{first, lived.made[0]} {
		again, err := replayed.plan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		expectSamePlan(t, recorded, again, p)
	}
	// What the replayed apply wrote into the state gives the same plan again. After that the demo's review reads the same lists, and its answers come
	// in their order, so a further plan could only be replayed together with the review.
	if _, err := replayed.apply(t.Context()); err != nil {
		t.Fatal(err)
	}
	again, err := replayed.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	expectSamePlan(t, lived.made[1], again, p)
	if len(again.after.pairs()) == 0 || len(lived.made[1].warnings) == len(first.warnings) {
		t.Error("the plan after the apply is that before it")
	}
}

var screenshots = flag.Bool("screenshots", false, "write the screenshots of the review page to examples/review")

// lookAt opens the page of the demo in a browser, in light and in dark.
func lookAt(t *testing.T, html string) {
	p := browsertest.Open(t, html)
	text := browsertest.Eval[string](p, "document.body.innerText")
	for _, part := range []string{"1 of 22 pairs disagree.", "Larkspur Montessori School", "28\n+2", "AAD_PREMIUM", "6 fewer than Microsoft"} {
		if !strings.Contains(text, part) {
			t.Errorf("the page lacks %q:\n%s", part, text)
		}
	}
	p.Click(`[aria-label="Sources of Microsoft 365 Business Basic for Larkspur Montessori School"]`)
	size := 0
	for _, scheme := range []string{"light", "dark"} {
		p.Scheme(scheme)
		png := p.Screenshot(1100, 1000)
		size += len(png)
		if *screenshots {
			if err := os.WriteFile(filepath.Join("..", "..", "examples", "review", "page-"+scheme+".png"), png, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	if size > 300_000 {
		t.Errorf("the screenshots have %d bytes", size)
	}
	if requests, problems := p.Requests(), p.Problems(); len(requests)+len(problems) > 0 {
		t.Errorf("requests %q, problems %q", requests, problems)
	}
}

func TestTheEstateCopesWithASpreadsheet(t *testing.T) {
	t.Parallel()
	s := testStage(t)
	before, err := s.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(s.estate, "*.csv"))
	if err != nil || len(files) != 2 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		header, rows, _ := strings.Cut(string(content), "\n")
		blank := strings.Repeat(",", strings.Count(header, ",")) + "\n"
		saved := "\ufeff" + header + "\n" + blank + rows + blank + blank
		if err := os.WriteFile(file, []byte(strings.ReplaceAll(saved, "\n", "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	after, err := s.plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if want := before.after.pairs(); len(want) == 0 || !maps.Equal(after.after.pairs(), want) {
		t.Errorf("planned %v, want %v", after.after, before.after)
	}
}

// stateOfAnEstate is what the example of cloudradial_reconciliation reads beside it.
const stateOfAnEstate = `{"version": 4, "terraform_version": "1.8.0", "serial": 1, "lineage": "estate", "resources": [],
	"outputs": {"unit_counts": {"type": ["map", ["map", "number"]], "value": {"brightwater": {"Microsoft 365 Business Premium": 12}}},
	"not_accepted": {"type": ["map", ["map", "number"]], "value": {}}}}`

func TestEveryExamplePlans(t *testing.T) {
	t.Parallel()
	s := testStage(t)
	s.env = append(s.env, "TF_VAR_partner_tenant_id="+sandbox.DefaultSeed().Partner.Domains[0])
	root := t.TempDir() // with all examples and modules, because some read files of others
	for _, folder := range []string{"examples", "modules"} {
		if err := os.CopyFS(filepath.Join(root, folder), os.DirFS(filepath.Join("..", "..", folder))); err != nil {
			t.Fatal(err)
		}
	}
	dir := filepath.Join(root, "examples")
	if err := os.Mkdir(filepath.Join(dir, "data-sources", "estate"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "data-sources", "estate", "terraform.tfstate"), []byte(stateOfAnEstate), 0o600); err != nil {
		t.Fatal(err)
	}
	examples, err := filepath.Glob(filepath.Join(dir, "*", "*", "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	single, err := filepath.Glob(filepath.Join(dir, "*", "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for table, name := range map[string]string{"company": "companies.csv", "license": "licenses.csv"} { // tables read a file such as the estate's
		if err := os.Link(filepath.Join(dir, "estate", name), filepath.Join(dir, "resources", "cloudradial_"+table+"_mappings", name)); err != nil {
			t.Fatal(err)
		}
	}
	planned := map[string]bool{}
	for _, file := range append(examples, single...) {
		example := filepath.Dir(file)
		// The estate has tests of its own, and so have the guides, the queries and the action, which newer CLIs plan.
		parent := filepath.Base(filepath.Dir(example))
		if planned[example] || filepath.Base(example) == "estate" || slices.Contains([]string{"guides", "list-resources", "actions"}, parent) {
			continue
		}
		planned[example] = true
		t.Run(filepath.Base(example), func(t *testing.T) { planExample(t.Context(), t, s, example) })
	}
	if len(planned) < 20 {
		t.Errorf("only %d examples were found", len(planned))
	}
}

// planExample plans an example, with the terraform block that the documentation leaves out of most.
func planExample(ctx context.Context, t *testing.T, s *stage, dir string) {
	files, err := filepath.Glob(filepath.Join(dir, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	declared := false
	for _, file := range files {
		if filepath.Base(file) == "import-by-identity.tf" { // needs Terraform 1.12, and has tests of its own
			if err := os.Remove(file); err != nil {
				t.Fatal(err)
			}
			continue
		}
		content, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		declared = declared || strings.Contains(string(content), "required_providers")
	}
	if !declared {
		const block = "terraform {\n  required_providers {\n    cloudradial = {\n      source = \"msp-as-code/cloudradial\"\n    }\n  }\n}\n"
		if err := os.WriteFile(filepath.Join(dir, "terraform.tf"), []byte(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, _, err := s.terraformIn(ctx, dir, "get"); err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.terraformIn(ctx, dir, "plan", "-json", "-detailed-exitcode"); err != nil {
		t.Error(err)
	}
}
