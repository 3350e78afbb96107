// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// The file is one JSON document, of which the first line is the head, each further line an entry, and the last line the end. An entry is
// written over the end, together with a new end, in one call. So the file is complete after every exchange, and a process that is killed
// loses only the exchange under way. Several processes may write at the same time, because each write holds a lock.

const (
	creator = "terraform-provider-cloudradial"
	end     = "\n]}}\n"
)

const comment = "What the provider asked and was answered. Names, ids, domains and numbers that identify somebody are replaced with pseudonyms. " +
	"It has no key, no token and no header that is not on a list."

// head is the log of a HAR without its entries.
type head struct {
	Version string `json:"version"`
	Creator struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"creator"`
	Browser struct {
		Name    string `json:"name"`
		Version string `json:"version"`
	} `json:"browser"` // the CLI
	Comment string `json:"comment"`
	Salt    string `json:"_salt"` // of the pseudonyms; worth nothing without the keys of the provider block
}

// startFile creates the transcript, or checks that one is there, and returns its salt.
func startFile(path string, options Options) (salt []byte, err error) {
	if found, statErr := os.Stat(path); statErr == nil && !found.Mode().IsRegular() {
		return nil, &UnusableError{path, "it is no regular file"}
	}
	locked, err := lockedfile.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &UnusableError{path, err.Error()}
	}
	defer func() { err = errors.Join(err, locked.Close()) }()
	found, err := locked.Stat()
	if err != nil {
		return nil, &UnusableError{path, err.Error()}
	}
	if found.Size() == 0 {
		return createFile(locked, options)
	}
	salt, err = readSalt(locked)
	if err == nil {
		err = checkEnd(locked, found.Size())
	}
	if err != nil {
		return nil, &UnusableError{path, err.Error() + ". Name a file that does not exist yet, or remove this one"}
	}
	return salt, nil
}

func createFile(locked *lockedfile.File, options Options) ([]byte, error) {
	salt := make([]byte, keySize)
	if _, err := rand.Read(salt); err != nil {
		return nil, err
	}
	start := head{Version: "1.2", Comment: comment, Salt: base64.StdEncoding.EncodeToString(salt)}
	start.Creator.Name, start.Creator.Version = creator, options.Version
	start.Browser.Name, start.Browser.Version = "terraform", options.CLIVersion
	text, err := json.Marshal(start)
	if err != nil {
		return nil, err
	}
	if err := locked.Chmod(0o600); err != nil { // an empty file may have been there, with other permissions
		return nil, err
	}
	_, err = locked.WriteString(`{"log":` + strings.TrimSuffix(string(text), "}") + `,"entries":[` + end)
	return salt, err
}

var errForeign = errors.New("it is no transcript of this provider")

// readSalt reads the first line.
func readSalt(locked io.Reader) ([]byte, error) {
	line, err := bufio.NewReader(io.LimitReader(locked, 1<<16)).ReadString('\n')
	if err != nil {
		return nil, errForeign
	}
	var found struct {
		Log head `json:"log"`
	}
	if json.Unmarshal([]byte(strings.TrimSuffix(line, "\n")+"]}}"), &found) != nil || found.Log.Creator.Name != creator {
		return nil, errForeign
	}
	salt, err := base64.StdEncoding.DecodeString(found.Log.Salt)
	if err != nil || len(salt) != keySize {
		return nil, errForeign
	}
	return salt, nil
}

func checkEnd(locked io.ReaderAt, size int64) error {
	last := make([]byte, len(end))
	if _, err := locked.ReadAt(last, size-int64(len(end))); err != nil || string(last) != end {
		return errors.New("it is a transcript without its end, because a process was killed while it wrote or somebody changed it")
	}
	return nil
}

// file is the transcript on disk.
type file struct{ path string }

// add writes an entry over the end of the file.
func (f *file) add(entry []byte) (err error) {
	locked, err := lockedfile.OpenFile(f.path, os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, locked.Close()) }()
	found, err := locked.Stat()
	if err != nil {
		return err
	}
	if err := checkEnd(locked, found.Size()); err != nil {
		return fmt.Errorf("%s: %w", f.path, err)
	}
	at := found.Size() - int64(len(end))
	last := make([]byte, 1)
	if _, err := locked.ReadAt(last, at-1); err != nil {
		return err
	}
	separator := ",\n"
	if last[0] == '[' {
		separator = "\n"
	}
	_, err = locked.WriteAt([]byte(separator+string(entry)+end), at)
	return err
}
