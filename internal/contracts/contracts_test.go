// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package contracts_test

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/sandbox"
)

const (
	contractsDir     = "internal/contracts"
	rulesFile        = "internal/licensesync/RULES.md"
	contributingFile = "CONTRIBUTING.md"
)

var (
	ruleHeading    = regexp.MustCompile(`^## Rule (\d+): \S`)
	sectionHeading = regexp.MustCompile(`^#{2,} (\d+(?:\.\d+)*)\.? \S`)
	anyHeading     = regexp.MustCompile(`^#+ (.+)$`)

	// "rule 7", "rules 3, 4 or 5", "gradient.md §3.6", "gradient.md §3.6 and §7.6"
	citedRules    = regexp.MustCompile(`(?i)\brules? \d+(?:(?:, | and | or | to )\d+)*`)
	citedSections = regexp.MustCompile(`\b([a-z-]+\.md) (§\d+(?:\.\d+)*(?:(?:, | and | or | to )§\d+(?:\.\d+)*)*)`)
	section       = regexp.MustCompile(`§(\d+(?:\.\d+)*)?`)

	switchName  = regexp.MustCompile("`((?:gradient|graph|connectwise|autotask|halo)-[a-z-]+)`")
	ruleTest    = regexp.MustCompile(`^func TestRule(\d+)\D`)
	digits      = regexp.MustCompile(`\d+`)
	link        = regexp.MustCompile(`\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)`)
	notInAnchor = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// Every citation of a rule or of a section of a contract leads to its heading, every rule has a test, and every relative
// link leads to a file.
func TestCitationsAndLinks(t *testing.T) {
	problems, err := check(os.DirFS("../.."))
	if err != nil {
		t.Fatal(err)
	}
	for _, problem := range problems {
		t.Error(problem)
	}
}

// testdata/broken has every mistake once, beside correct citations and links.
func TestCheckFindsEveryMistake(t *testing.T) {
	got, err := check(os.DirFS("testdata/broken"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"CONTRIBUTING.md:5: the link missing.md points nowhere",
		"CONTRIBUTING.md:6: the link internal/licensesync/RULES.md#rule-8-gone points nowhere",
		"CONTRIBUTING.md:7: there is no rule 8 in internal/licensesync/RULES.md",
		"internal/contracts/gradient.md:11: there is no section 9.9 in internal/contracts/gradient.md",
		"internal/contracts/gradient.md:17: the link nowhere.md points nowhere",
		"internal/licensesync/RULES.md:7: rule 2 has no test: no function is named TestRule2…",
		"internal/licensesync/RULES.md:9: there is no section 3.7 in internal/contracts/gradient.md",
		"internal/licensesync/code.go:4: there is no rule 7 in internal/licensesync/RULES.md",
		"internal/licensesync/code.go:5: there is no rule 9 in internal/licensesync/RULES.md",
		"internal/licensesync/code.go:6: there is no section 3.7 in internal/contracts/gradient.md",
		"internal/licensesync/code.go:9: there is no section 3.8 in internal/contracts/gradient.md",
		"internal/licensesync/code.go:7: there is no internal/contracts/other.md",
		`internal/licensesync/code.go:8: § without the file it is in: write "gradient.md §3.6"`,
		"internal/licensesync/code_test.go:10: there is no rule 4 in internal/licensesync/RULES.md",
	}
	for _, problem := range got {
		if !slices.Contains(want, problem) {
			t.Errorf("found without reason: %s", problem)
		}
	}
	for _, problem := range want {
		if !slices.Contains(got, problem) {
			t.Errorf("not found: %s", problem)
		}
	}
}

// What no source tells has a switch in the sandbox, and the contract says which.
func TestSwitchesAreInTheContracts(t *testing.T) {
	texts := ""
	contracts, err := fs.Glob(os.DirFS("."), "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range contracts {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts += string(text)
	}
	var names []string
	for _, known := range sandbox.Switches {
		names = append(names, known.Name)
		if !strings.Contains(texts, "`"+known.Name+"`") {
			t.Errorf("the switch %s of the sandbox is in no contract", known.Name)
		}
	}
	for _, match := range switchName.FindAllStringSubmatch(texts, -1) {
		if !slices.Contains(names, match[1]) {
			t.Errorf("the sandbox has no switch %s, which a contract names", match[1])
		}
	}
}

// law is what can be cited.
type law struct {
	rules    map[string]int             // number → line of the heading
	sections map[string]map[string]bool // file name → numbers
}

// check returns what is wrong in a tree, each with file and line.
func check(tree fs.FS) ([]string, error) {
	contracts, err := fs.Glob(tree, contractsDir+"/*.md")
	if err != nil {
		return nil, err
	}
	known := law{rules: map[string]int{}, sections: map[string]map[string]bool{}}
	for _, name := range contracts {
		numbers, err := headings(tree, name, sectionHeading)
		if err != nil {
			return nil, err
		}
		known.sections[path.Base(name)] = map[string]bool{}
		for number := range numbers {
			known.sections[path.Base(name)][number] = true
		}
	}
	if known.rules, err = headings(tree, rulesFile, ruleHeading); err != nil {
		return nil, err
	}
	if len(known.sections) == 0 || len(known.rules) == 0 {
		return nil, fmt.Errorf("%d contracts with sections, %d rules", len(known.sections), len(known.rules))
	}

	var problems []string
	for _, name := range append(contracts, rulesFile, contributingFile) {
		found, err := checkMarkdown(tree, name, known)
		if err != nil {
			return nil, err
		}
		problems = append(problems, found...)
	}
	found, err := checkGo(tree, known)
	return append(problems, found...), err
}

// headings returns the numbers in a file's headings, with the line of each.
func headings(tree fs.FS, name string, pattern *regexp.Regexp) (map[string]int, error) {
	lines, err := prose(tree, name)
	if err != nil {
		return nil, err
	}
	numbers := map[string]int{}
	for i, line := range lines {
		match := pattern.FindStringSubmatch(line)
		if match == nil {
			continue
		}
		if first, twice := numbers[match[1]]; twice {
			return nil, fmt.Errorf("%s:%d: number %s is taken by line %d", name, i+1, match[1], first)
		}
		numbers[match[1]] = i + 1
	}
	return numbers, nil
}

// prose returns the lines of a Markdown file; those within code fences are empty.
func prose(tree fs.FS, name string) ([]string, error) {
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		return nil, err
	}
	lines := strings.Split(string(text), "\n")
	fenced := false
	for i, line := range lines {
		fence := strings.HasPrefix(strings.TrimSpace(line), "```")
		if fence || fenced {
			lines[i] = ""
		}
		fenced = fenced != fence
	}
	return lines, nil
}

func checkMarkdown(tree fs.FS, name string, known law) ([]string, error) {
	lines, err := prose(tree, name)
	if err != nil {
		return nil, err
	}
	own := ""
	if path.Dir(name) == contractsDir {
		own = path.Base(name)
	}
	var problems []string
	for i, line := range lines {
		for _, problem := range slices.Concat(checkCitations(line, own, known), checkLinks(tree, name, line)) {
			problems = append(problems, fmt.Sprintf("%s:%d: %s", name, i+1, problem))
		}
	}
	return problems, nil
}

// checkGo checks the citations in all Go files, and that every rule has a test.
func checkGo(tree fs.FS, known law) ([]string, error) {
	var problems []string
	tested := map[string]bool{}
	err := fs.WalkDir(tree, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			hidden := name != "." && strings.HasPrefix(entry.Name(), ".")
			if hidden || entry.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" || name == contractsDir+"/contracts_test.go" { // this file quotes mistakes
			return nil
		}
		text, err := fs.ReadFile(tree, name)
		if err != nil {
			return err
		}
		for i, line := range strings.Split(string(text), "\n") {
			found := checkCitations(line, "", known)
			if match := ruleTest.FindStringSubmatch(line); match != nil && strings.HasSuffix(name, "_test.go") {
				tested[match[1]] = true
				found = append(found, checkRules(match[1], known)...)
			}
			for _, problem := range found {
				problems = append(problems, fmt.Sprintf("%s:%d: %s", name, i+1, problem))
			}
		}
		return nil
	})
	for rule, line := range known.rules {
		if !tested[rule] {
			problems = append(problems, fmt.Sprintf("%s:%d: rule %s has no test: no function is named TestRule%s…", rulesFile, line, rule, rule))
		}
	}
	return problems, err
}

// checkCitations checks a line. In a contract a § without a file name is one of its own sections; own is then its name.
func checkCitations(line, own string, known law) []string {
	var problems []string
	for _, cited := range citedRules.FindAllString(line, -1) {
		problems = append(problems, checkRules(cited, known)...)
	}
	for _, cited := range citedSections.FindAllStringSubmatch(line, -1) {
		for _, number := range section.FindAllStringSubmatch(cited[2], -1) {
			problems = append(problems, checkSection(cited[1], number[1], known)...)
		}
	}
	for _, cited := range section.FindAllStringSubmatch(citedSections.ReplaceAllString(line, ""), -1) {
		if own == "" || cited[1] == "" {
			problems = append(problems, `§ without the file it is in: write "gradient.md §3.6"`)
			continue
		}
		problems = append(problems, checkSection(own, cited[1], known)...)
	}
	return problems
}

func checkRules(cited string, known law) []string {
	var problems []string
	for _, rule := range digits.FindAllString(cited, -1) {
		if known.rules[rule] == 0 {
			problems = append(problems, fmt.Sprintf("there is no rule %s in %s", rule, rulesFile))
		}
	}
	return problems
}

func checkSection(file, number string, known law) []string {
	sections, found := known.sections[file]
	switch {
	case !found:
		return []string{fmt.Sprintf("there is no %s/%s", contractsDir, file)}
	case !sections[number]:
		return []string{fmt.Sprintf("there is no section %s in %s/%s", number, contractsDir, file)}
	}
	return nil
}

// checkLinks checks the relative links of a line of a Markdown file.
func checkLinks(tree fs.FS, name, line string) []string {
	var problems []string
	for _, match := range link.FindAllStringSubmatch(line, -1) {
		target := match[1] + match[2]
		if strings.Contains(target, ":") { // a scheme
			continue
		}
		file, anchor, _ := strings.Cut(target, "#")
		full := name
		if file != "" {
			full = path.Join(path.Dir(name), file)
		}
		if _, err := fs.Stat(tree, full); err != nil || anchor != "" && !hasAnchor(tree, full, anchor) {
			problems = append(problems, fmt.Sprintf("the link %s points nowhere", target))
		}
	}
	return problems
}

// hasAnchor reports whether a Markdown file has a heading that GitHub gives that anchor.
func hasAnchor(tree fs.FS, name, anchor string) bool {
	lines, err := prose(tree, name)
	if err != nil {
		return false
	}
	return slices.ContainsFunc(lines, func(line string) bool {
		match := anyHeading.FindStringSubmatch(line)
		return match != nil && strings.ReplaceAll(notInAnchor.ReplaceAllString(strings.ToLower(match[1]), ""), " ", "-") == anchor
	})
}
