// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package main

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

const stem = project + "_1.2.3_"

func TestCheck(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		change func(dist fstest.MapFS)
		signed bool
		want   string
	}{
		"a release":             {func(fstest.MapFS) {}, true, ""},
		"a snapshot":            {func(d fstest.MapFS) { delete(d, stem+"SHA256SUMS.sig") }, false, ""},
		"not signed":            {func(d fstest.MapFS) { delete(d, stem+"SHA256SUMS.sig") }, true, "the signature of the sums is missing"},
		"a platform is missing": {func(d fstest.MapFS) { delete(d, stem+"windows_arm64.zip") }, true, "windows_arm64.zip is missing"},
		"an archive changed": {func(d fstest.MapFS) {
			d[stem+"linux_amd64.zip"] = archive("linux_amd64", "other")
		}, true, "the sum of " + stem + "linux_amd64.zip is"},
		"a wrong binary": {func(d fstest.MapFS) {
			d[stem+"linux_amd64.zip"] = archive("windows_amd64", "binary")
			sign(d)
		}, true, "linux_amd64.zip holds"},
		"no list of parts": {func(d fstest.MapFS) {
			delete(d, stem+"linux_arm.zip.sbom.json")
			sign(d)
		}, true, "the sums do not name " + stem + "linux_arm.zip.sbom.json"},
		"no manifest in the sums": {func(d fstest.MapFS) {
			d[stem+"SHA256SUMS"] = without(d[stem+"SHA256SUMS"], "manifest.json")
		}, true, "the sums do not name " + stem + "manifest.json"},
		"something else": {func(d fstest.MapFS) {
			d["secrets.txt"] = &fstest.MapFile{Data: []byte("x")}
			sign(d)
		}, true, "the sums name secrets.txt"},
		"another project": {func(d fstest.MapFS) {
			d["metadata.json"] = &fstest.MapFile{Data: []byte(`{"project_name":"other","version":"1.2.3"}`)}
		}, true, `tells of "other"`},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dist := release()
			tc.change(dist)
			got := strings.Join(check(dist, os.DirFS("../.."), tc.signed), "\n")
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}

func TestTheManifestSaysTheProtocol(t *testing.T) {
	t.Parallel()
	old := fstest.MapFS{"terraform-registry-manifest.json": {Data: []byte(`{"version":1,"metadata":{"protocol_versions":["5.0"]}}`)}}
	if got := strings.Join(check(release(), old, true), "\n"); !strings.Contains(got, "protocol 6.0") {
		t.Errorf("got %q", got)
	}
}

// release answers a whole release: archives, their lists of parts, sums and a signature.
func release() fstest.MapFS {
	dist := fstest.MapFS{
		"metadata.json":         {Data: []byte(`{"project_name":"` + project + `","version":"1.2.3"}`)},
		stem + "SHA256SUMS.sig": {Data: []byte("signature")},
	}
	for _, target := range targets {
		dist[stem+target+".zip"] = archive(target, "binary")
		dist[stem+target+".zip.sbom.json"] = &fstest.MapFile{Data: []byte("{}")}
	}
	sign(dist)
	return dist
}

func archive(target, content string) *fstest.MapFile {
	var raw bytes.Buffer
	w := zip.NewWriter(&raw)
	binary := project + "_v1.2.3"
	if strings.HasPrefix(target, "windows") {
		binary += ".exe"
	}
	for _, name := range append([]string{binary}, companions...) {
		file, err := w.Create(name)
		if err != nil {
			panic(err)
		}
		if _, err := file.Write([]byte(content)); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return &fstest.MapFile{Data: raw.Bytes()}
}

// sign writes the sums of all that a release has.
func sign(dist fstest.MapFS) {
	manifest, err := os.ReadFile("../../terraform-registry-manifest.json")
	if err != nil {
		panic(err)
	}
	sums := fmt.Sprintf("%x  %smanifest.json\n", sha256.Sum256(manifest), stem)
	for _, name := range slices.Sorted(maps.Keys(dist)) {
		if name != "metadata.json" && !strings.HasPrefix(name, stem+"SHA256SUMS") {
			sums += fmt.Sprintf("%x  %s\n", sha256.Sum256(dist[name].Data), name)
		}
	}
	dist[stem+"SHA256SUMS"] = &fstest.MapFile{Data: []byte(sums)}
}

func without(file *fstest.MapFile, word string) *fstest.MapFile {
	kept := ""
	for line := range strings.Lines(string(file.Data)) {
		if !strings.Contains(line, word) {
			kept += line
		}
	}
	return &fstest.MapFile{Data: []byte(kept)}
}
