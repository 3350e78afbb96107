// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/billing"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/cli"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
	"github.com/msp-as-code/terraform-provider-cloudradial/internal/transcript"
)

// identifying returns every name and id of the seed and of the example estate.
func identifying(t *testing.T, s *stage) []string {
	t.Helper()
	seed := sandbox.DefaultSeed()
	found := slices.Concat(seed.PSA.Accounts, seed.PSA.Products, seed.Partner.Domains, []string{seed.Partner.ID, seed.Partner.Name})
	for _, company := range seed.Companies {
		found = append(append(found, company.Name, company.PSAIdentifier), company.Domains...)
	}
	for _, tenant := range seed.Tenants {
		found = append(append(found, tenant.ID, tenant.Name), tenant.Domains...)
		for _, domain := range tenant.Domains {
			found = append(found, strings.TrimSuffix(domain, ".onmicrosoft.com")) // the accountName
		}
		for _, sku := range tenant.SKUs {
			for _, subscription := range sku.Subscriptions {
				found = append(found, subscription.ID, subscription.OwnerTenantID)
			}
		}
	}
	for _, relationship := range seed.Partner.Relationships {
		found = append(found, relationship.Name)
	}
	for _, account := range s.server.Accounts() {
		found = append(found, account.ID, account.Name)
	}
	for _, service := range s.server.Services() {
		found = append(found, service.ID)
	}
	// Names of Microsoft's products are the same for everybody, and one product of the PSA is the end of such a name.
	return slices.DeleteFunc(found, func(text string) bool {
		return text == "" || billing.IsProduct(text) || billing.IsProduct("Planner and "+text)
	})
}

var idField = regexp.MustCompile(`\\?"(?:\w*Id|id|_id|psaKey)\\?":"?(\d+)\b`)

// expectSafe fails the test for each secret, name and id in the transcript.
func expectSafe(t *testing.T, s *stage, text string) {
	t.Helper()
	lower := strings.ToLower(text)
	for _, value := range append(identifying(t, s), s.server.Secrets()...) {
		if value = strings.ToLower(value); !strings.Contains(lower, value) {
			continue // the pattern takes minutes for a large file
		}
		if regexp.MustCompile(`(^|[^\pL\pN])` + regexp.QuoteMeta(value) + `($|[^\pL\pN])`).MatchString(lower) {
			t.Errorf("the transcript has %q", value)
		}
	}
	for _, number := range idField.FindAllStringSubmatch(text, -1) {
		if id, err := strconv.Atoi(number[1]); err != nil || id != 0 && id < 1_000_000_000 {
			t.Errorf("the transcript has the id %s", number[0])
		}
	}
}

// translate replaces the cells of a mapping file. A part number stays.
func translate(t *testing.T, file string, p *transcript.Pseudonyms) {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(string(content))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows[1:] {
		for i, cell := range row {
			switch {
			case rows[0][i] == "sku" || cell == "none":
			case rows[0][i] == "tenant": // several, with spaces between them
				tenants := strings.Fields(cell)
				for j, tenant := range tenants {
					tenants[j] = p.Text(tenant)
				}
				row[i] = strings.Join(tenants, " ")
			default:
				row[i] = p.Text(cell)
			}
		}
	}
	var translated strings.Builder
	if err := csv.NewWriter(&translated).WriteAll(rows); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(translated.String()), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replay returns a stage whose systems answer from the transcript, with the example estate in the words of the pseudonyms.
func (s *stage) replay(t *testing.T, file string, p *transcript.Pseudonyms) *stage {
	t.Helper()
	har, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer har.Close()
	recorded, err := sandbox.ParseTranscript(har)
	if err != nil {
		t.Fatal(err)
	}
	server, err := sandbox.New(sandbox.Seed{}, sandbox.Options{Replay: recorded})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(server.Close)
	estate := filepath.Join(s.dir, "examples", "replayed")
	if err := os.CopyFS(estate, os.DirFS(filepath.Join("..", "..", "examples", "estate"))); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(estate, "*.csv"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		translate(t, file, p)
	}
	replayed := &stage{server: server, dir: s.dir, estate: estate, cli: s.cli, env: cli.Environment(filepath.Join(s.dir, "cli.tfrc"), server.Env())}
	if _, _, err := replayed.terraform(t.Context(), "get"); err != nil {
		t.Fatal(err)
	}
	return replayed
}

// expectSamePlan fails the test unless the replayed plan is the recorded one in the words of the pseudonyms.
func expectSamePlan(t *testing.T, recorded, replayed plan, p *transcript.Pseudonyms) {
	t.Helper()
	want := map[pair]float64{}
	for key, units := range recorded.after.pairs() {
		want[pair{p.Text(key.account), p.Text(key.service)}] = units
	}
	if got := replayed.after.pairs(); len(want) == 0 || !maps.Equal(got, want) {
		t.Errorf("the replayed plan has the unit counts %v, want %v", got, want)
	}
	licences := licences{}
	for key, counts := range recorded.licences {
		licences[p.Text(key)] = counts
	}
	wanted, _ := json.Marshal(licences)
	got, _ := json.Marshal(replayed.licences)
	if string(got) != string(wanted) {
		t.Errorf("the replayed plan has the licences %s, want %s", got, wanted)
	}
	if len(replayed.warnings) != len(recorded.warnings) {
		t.Errorf("the replayed plan has %d warnings, want %d: %v", len(replayed.warnings), len(recorded.warnings), replayed.warnings)
	}
}
