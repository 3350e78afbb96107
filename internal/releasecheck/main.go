// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Command releasecheck reads what GoReleaser left in dist/ and says what a registry, or somebody who verifies a download, would miss there:
//
//	go run ./internal/releasecheck [-signed] dist
//
// Neither registry lets anybody replace a released version, so this runs before one is made.
package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
)

const project = "terraform-provider-cloudradial"

// targets are the platforms that every release is built for. One that is dropped breaks the lock files of its users.
var targets = []string{
	"darwin_amd64", "darwin_arm64", "freebsd_386", "freebsd_amd64", "freebsd_arm", "linux_386", "linux_amd64", "linux_arm", "linux_arm64",
	"linux_s390x", "windows_386", "windows_amd64", "windows_arm64",
}

// companions are in each archive beside the binary. The notice is that of Microsoft's table of products, which the binary embeds.
var companions = []string{"CHANGELOG.md", "LICENSE", "README.md", "skus.NOTICE.md"}

func main() {
	signed := flag.Bool("signed", false, "a signature of the sums must be there too")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "usage: releasecheck [-signed] dist")
		os.Exit(2)
	}
	problems := check(os.DirFS(flag.Arg(0)), os.DirFS("."), *signed)
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
	fmt.Printf("%d archives, their sums, contents and lists of parts are as the registries want them.\n", len(targets))
}

// check answers what is wrong with a release. The registry manifest is in the repository and enters the release from there.
func check(dist, repository fs.FS, signed bool) []string {
	version, err := versionOf(dist)
	if err != nil {
		return []string{err.Error()}
	}
	stem := project + "_" + version + "_"
	sums, err := readSums(dist, stem+"SHA256SUMS")
	if err != nil {
		return []string{err.Error()}
	}
	problems := checkManifest(repository, sums, stem+"manifest.json")
	wanted := []string{stem + "manifest.json"}
	for _, target := range targets {
		archive := stem + target + ".zip"
		wanted = append(wanted, archive, archive+".sbom.json")
		problems = append(problems, checkArchive(dist, archive, version)...)
	}
	for _, name := range wanted {
		if _, ok := sums[name]; !ok {
			problems = append(problems, "the sums do not name "+name)
		}
	}
	for name, sum := range sums {
		if name != stem+"manifest.json" {
			problems = append(problems, checkSum(dist, name, sum)...)
		}
		if !slices.Contains(wanted, name) {
			problems = append(problems, "the sums name "+name+", which no release has")
		}
	}
	if _, err := fs.Stat(dist, stem+"SHA256SUMS.sig"); signed && err != nil {
		problems = append(problems, "the signature of the sums is missing: "+err.Error())
	}
	slices.Sort(problems)
	return problems
}

// versionOf reads the version from GoReleaser's own record.
func versionOf(dist fs.FS) (string, error) {
	raw, err := fs.ReadFile(dist, "metadata.json")
	if err != nil {
		return "", err
	}
	var metadata struct {
		ProjectName string `json:"project_name"`
		Version     string `json:"version"`
	}
	if err := json.Unmarshal(raw, &metadata); err != nil {
		return "", fmt.Errorf("metadata.json: %w", err)
	}
	if metadata.ProjectName != project || metadata.Version == "" {
		return "", fmt.Errorf("metadata.json tells of %q in version %q, not of %s", metadata.ProjectName, metadata.Version, project)
	}
	return metadata.Version, nil
}

func readSums(dist fs.FS, name string) (map[string]string, error) {
	raw, err := fs.ReadFile(dist, name)
	if err != nil {
		return nil, err
	}
	sums := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		sum, file, ok := strings.Cut(strings.TrimSpace(line), "  ")
		if !ok {
			return nil, fmt.Errorf("%s has a line that is no sum: %q", name, line)
		}
		sums[file] = sum
	}
	return sums, nil
}

func checkSum(dist fs.FS, name, want string) []string {
	raw, err := fs.ReadFile(dist, name)
	if err != nil {
		return []string{err.Error()}
	}
	return differs(name, raw, want)
}

func differs(name string, raw []byte, want string) []string {
	sum := sha256.Sum256(raw)
	if got := hex.EncodeToString(sum[:]); got != want {
		return []string{fmt.Sprintf("the sum of %s is %s, and the sums say %s", name, got, want)}
	}
	return nil
}

// checkManifest makes sure that the registries are told the protocol that the server speaks: 6.
func checkManifest(repository fs.FS, sums map[string]string, released string) []string {
	raw, err := fs.ReadFile(repository, "terraform-registry-manifest.json")
	if err != nil {
		return []string{err.Error()}
	}
	var manifest struct {
		Version  int `json:"version"`
		Metadata struct {
			ProtocolVersions []string `json:"protocol_versions"`
		} `json:"metadata"`
	}
	if err := json.Unmarshal(raw, &manifest); err != nil {
		return []string{"terraform-registry-manifest.json: " + err.Error()}
	}
	var problems []string
	if manifest.Version != 1 || !slices.Equal(manifest.Metadata.ProtocolVersions, []string{"6.0"}) {
		problems = append(problems, "terraform-registry-manifest.json does not say version 1 and protocol 6.0")
	}
	if sum, ok := sums[released]; ok {
		problems = append(problems, differs(released, raw, sum)...)
	}
	return problems
}

func checkArchive(dist fs.FS, name, version string) []string {
	raw, err := fs.ReadFile(dist, name)
	if errors.Is(err, fs.ErrNotExist) {
		return []string{name + " is missing"}
	}
	if err != nil {
		return []string{err.Error()}
	}
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		return []string{name + ": " + err.Error()}
	}
	binary := project + "_v" + version
	if strings.Contains(name, "_windows_") {
		binary += ".exe"
	}
	want := append([]string{binary}, companions...)
	var got []string
	for _, file := range archive.File {
		got = append(got, file.Name)
	}
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		return []string{fmt.Sprintf("%s holds %v, not %v", name, got, want)}
	}
	return nil
}
