// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package transcript writes what the provider asked and was answered into a file that is safe to send to others. The file is in
// HAR 1.2, the format that browsers export, and `go run ./cmd/sandbox -replay <file>` answers from it.
//
// [Open] starts a [Recorder], and [Recorder.Transport] wraps the transport of a client. What identifies somebody becomes a pseudonym
// (pseudonym.go). What is kept is in lists: fields of JSON, words of paths and of messages, headers (public.go). Everything else is
// replaced. Before an exchange is written, [exchange.check] searches it once more for secrets and for what was replaced.
package transcript

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"

	"github.com/msp-as-code/terraform-provider-cloudradial/internal/rest"
)

// Variable is the environment variable that names the file to write.
const Variable = "CLOUDRADIAL_TRANSCRIPT"

// The systems of a transcript. The sandbox has the same names.
const (
	Gradient    = "gradient"
	CloudRadial = "cloudradial"
	Microsoft   = "microsoft"
	Autotask    = "autotask"
	ConnectWise = "connectwise"
	HaloPSA     = "halopsa"
)

// Options configure a [Recorder].
type Options struct {
	// Path is the file. It is created, or continued when it is a transcript already.
	Path string
	// Version is the provider's, and CLIVersion that of Terraform or OpenTofu.
	Version    string
	CLIVersion string
	// Secrets must never be in the file.
	Secrets []string
	// Lasting are the secrets that are the same in the next run. The key of the pseudonyms is made from them, so that every process makes
	// the same pseudonyms, and nobody who has the file alone can test a guess. Without any, every process makes other pseudonyms.
	Lasting []string
}

// Recorder adds exchanges to a transcript. It is safe for concurrent use. A nil Recorder records nothing.
type Recorder struct {
	file       *file
	pseudonyms *Pseudonyms
	masker     *rest.Masker

	mu      sync.Mutex
	tenants map[[32]byte]string // by the hash of an access token: the pseudonym of the tenant that it is for
	broken  bool                // the file could not be written once
}

// Open starts or continues the transcript. Every process has its own Recorder, and all of them add to the same file.
func Open(options Options) (*Recorder, error) {
	path, err := filepath.Abs(options.Path)
	if err != nil {
		return nil, err
	}
	salt, err := startFile(path, options)
	if err != nil {
		return nil, err
	}
	key, err := makeKey(options.Lasting, salt)
	if err != nil {
		return nil, err
	}
	return &Recorder{
		file:       &file{path},
		pseudonyms: &Pseudonyms{key},
		masker:     rest.NewMasker(longSecrets(options.Secrets)),
		tenants:    map[[32]byte]string{},
	}, nil
}

// makeKey returns the key of the pseudonyms, a random one without a secret.
func makeKey(lasting []string, salt []byte) ([]byte, error) {
	if len(longSecrets(lasting)) == 0 {
		key := make([]byte, keySize)
		_, err := rand.Read(key)
		return key, err
	}
	return deriveKey(lasting, salt)
}

// minSecret is the length from which a secret is searched for. A shorter one is found in any text.
const minSecret = 8

func longSecrets(secrets []string) []string {
	var long []string
	for _, secret := range secrets {
		if len(secret) >= minSecret {
			long = append(long, secret)
		}
	}
	return long
}

// Transport returns a transport that records what next sends to the system.
func (r *Recorder) Transport(system string, next http.RoundTripper) http.RoundTripper {
	if r == nil {
		return next
	}
	return &transport{recorder: r, system: system, next: next}
}

// Path returns the file that is written.
func (r *Recorder) Path() string { return r.file.path }

// UnusableError says why no transcript can be written to a file.
type UnusableError struct {
	Path   string
	Reason string
}

func (e *UnusableError) Error() string {
	return fmt.Sprintf("the file %s cannot be used for a transcript: %s", e.Path, e.Reason)
}
