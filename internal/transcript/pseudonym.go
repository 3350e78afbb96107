// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package transcript

import (
	"cmp"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"golang.org/x/text/unicode/norm"
)

const keySize = 32

// deriveKey makes the key from all secrets together, so that knowing one of them is not enough.
func deriveKey(lasting []string, salt []byte) ([]byte, error) {
	sorted := slices.Compact(slices.Sorted(slices.Values(longSecrets(lasting))))
	return hkdf.Key(sha256.New, []byte(strings.Join(sorted, "\x00")), salt, "terraform-provider-cloudradial transcript", keySize)
}

// Pseudonyms replaces values. The same value always has the same pseudonym, in the same shape: a GUID is replaced with a GUID, a domain
// with a domain, a number with a number. A value of [isPublic] is kept.
type Pseudonyms struct{ key []byte }

// PseudonymsOf returns the pseudonyms of the transcript at path, for whoever has the same [Options].Lasting. So a configuration can be
// translated for a replay.
func PseudonymsOf(path string, lasting []string) (*Pseudonyms, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // only read
	salt, err := readSalt(file)
	if err != nil {
		return nil, &UnusableError{path, err.Error()}
	}
	key, err := deriveKey(lasting, salt)
	return &Pseudonyms{key}, err
}

var (
	guidForm     = regexp.MustCompile(`^(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)
	guidInText   = regexp.MustCompile(`(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}`)
	objectIDForm = regexp.MustCompile(`^[0-9a-fA-F]{24}$`)
	integerForm  = regexp.MustCompile(`^(?:0|[1-9][0-9]*)$`)
	emailForm    = regexp.MustCompile(`^[^\s@]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+$`)
	domainForm   = regexp.MustCompile(`^(?i:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.[a-z]{2,})$`)
	slugForm     = regexp.MustCompile(`^[A-Za-z0-9._-]+$`)
	// compoundForm is a key such as account/label, a list of them, or {accountId}_{skuId} (microsoft.md §1.1).
	compoundForm = regexp.MustCompile(`^[A-Za-z0-9._-]+(?:(?:/|, ?)[A-Za-z0-9._-]+)+$`)
	compoundPart = regexp.MustCompile(`[A-Za-z0-9._-]+`)
	guidPairForm = regexp.MustCompile(`^(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:_(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}))+$`)
)

// Text returns the pseudonym of a text. White space at its ends stays, because names are refused for it.
func (p *Pseudonyms) Text(text string) string {
	core := strings.TrimSpace(text)
	if core == "" {
		return text
	}
	start := strings.Index(text, core)
	return text[:start] + p.shaped(core) + text[start+len(core):]
}

func (p *Pseudonyms) shaped(value string) string {
	switch {
	case isPublic(value):
		return value
	case guidForm.MatchString(value):
		return p.guid(value)
	case guidPairForm.MatchString(value):
		return guidInText.ReplaceAllStringFunc(value, p.shaped)
	case integerForm.MatchString(value):
		return p.Number(value)
	case objectIDForm.MatchString(value):
		digest := p.digest("id", strings.ToLower(value))
		return hex.EncodeToString(digest[:12])
	case strings.HasPrefix(value, "https://"), strings.HasPrefix(value, "http://"):
		return p.address(value)
	case emailForm.MatchString(value):
		user, domain, _ := strings.Cut(value, "@")
		return p.slug(strings.ToLower(user)) + "@" + p.domain(domain)
	case domainForm.MatchString(value):
		return p.domain(value)
	case slugForm.MatchString(value):
		return p.slug(value)
	case compoundForm.MatchString(value):
		return compoundPart.ReplaceAllStringFunc(value, p.shaped)
	}
	return p.name(value)
}

// digest is the keyed hash of a value.
func (p *Pseudonyms) digest(kind, value string) [sha256.Size]byte {
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(kind + "\x00" + value)) // a hash cannot fail
	return [sha256.Size]byte(mac.Sum(nil))
}

// guid keeps capitals, because some answers of one system have them and others do not.
func (p *Pseudonyms) guid(value string) string {
	digest := p.digest("guid", strings.ToLower(value))
	id := uuid.UUID(digest[:16])
	id[6], id[8] = id[6]&0x0f|0x40, id[8]&0x3f|0x80 // a random GUID, version 4
	if value == strings.ToUpper(value) {
		return strings.ToUpper(id.String())
	}
	return id.String()
}

// domain returns a domain that nobody can own. A tenant's initial domain stays recognisable.
func (p *Pseudonyms) domain(value string) string {
	value = strings.ToLower(value)
	words := strings.Join(p.words("domain", value), "-")
	if strings.Contains(value, ".onmicrosoft.") {
		return words + ".onmicrosoft.example"
	}
	return words + ".example"
}

// slug replaces an identifier without spaces, such as an account id or a name of one word.
func (p *Pseudonyms) slug(value string) string {
	words := strings.Join(p.words("slug", value), "-")
	switch {
	case value == strings.ToUpper(value) && value != strings.ToLower(value):
		return strings.ToUpper(words)
	case unicode.IsUpper([]rune(value)[0]):
		return capital(words)
	}
	return words
}

// name replaces a name of several words. Names that differ only in their Unicode form are one name (rule 15).
func (p *Pseudonyms) name(value string) string {
	words := p.words("name", norm.NFC.String(value))
	if unicode.IsUpper([]rune(value)[0]) {
		for i, word := range words {
			words[i] = capital(word)
		}
	}
	return strings.Join(words, " ")
}

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// words returns three words that can be pronounced, of 16 bits each.
func (p *Pseudonyms) words(kind, value string) []string {
	const consonants, vowels = "bdfghjklmnprstvz", "aiou"
	digest := p.digest(kind, value)
	words := make([]string, 3)
	for i := range words {
		bits := binary.BigEndian.Uint16(digest[2*i:])
		words[i] = string([]byte{
			consonants[bits>>12&15], vowels[bits>>10&3], consonants[bits>>6&15], vowels[bits>>4&3], consonants[bits&15],
		})
	}
	return words
}

// Ids below 2^30 are replaced with numbers from 1,000,000,000 on, which are 32-bit integers as well, and larger ones with numbers from 2^52
// on, which a float64 still holds. So a pseudonym is never taken for one of the ids of a real system.
const (
	smallBits, smallBase = 30, 1_000_000_000
	largeBits, largeBase = 52, 1 << 52
)

// Number returns the pseudonym of a whole number that is not negative. 0 stays, because it says that there is none. Different numbers
// have different pseudonyms.
func (p *Pseudonyms) Number(digits string) string {
	value, err := strconv.ParseUint(digits, 10, 64)
	switch {
	case err != nil || value >= 1<<largeBits:
		digest := p.digest("number", digits)
		return strconv.FormatUint(largeBase+binary.BigEndian.Uint64(digest[:])%largeBase, 10)
	case value == 0:
		return digits
	case value < 1<<smallBits:
		return strconv.FormatUint(smallBase+p.permute(value, smallBits), 10)
	}
	return strconv.FormatUint(largeBase+p.permute(value, largeBits), 10)
}

// permute maps the numbers of that many bits onto each other: a Feistel network of four rounds.
func (p *Pseudonyms) permute(value uint64, bits uint) uint64 {
	half := bits / 2
	mask := uint64(1)<<half - 1
	left, right := value>>half, value&mask
	for round := range 4 {
		digest := p.digest("round", strconv.Itoa(round)+" "+strconv.FormatUint(right, 10)+" "+strconv.Itoa(int(bits)))
		left, right = right, left^binary.BigEndian.Uint64(digest[:])&mask
	}
	return left<<half | right
}

// address replaces what identifies somebody in a URL: host, path segments, query values. It drops a fragment and user information.
func (p *Pseudonyms) address(text string) string {
	address, err := url.Parse(text)
	if err != nil || address.Host == "" {
		return p.name(text)
	}
	return address.Scheme + "://" + p.host(address) + p.path(address.EscapedPath(), p.shaped) + p.query(address.RawQuery, p.shaped)
}

// host keeps the hosts of the vendors, and this machine.
func (p *Pseudonyms) host(address *url.URL) string {
	name := strings.ToLower(address.Hostname())
	if publicHosts()[name] || name == "localhost" || strings.HasPrefix(name, "127.") || name == "::1" {
		return strings.ToLower(address.Host)
	}
	return p.domain(name)
}

// path replaces the segments of an escaped path that are not words of a route.
func (p *Pseudonyms) path(escaped string, replace func(string) string) string {
	segments := strings.Split(escaped, "/")
	for i, segment := range segments {
		if segment == "" || publicSegments()[segment] {
			continue
		}
		plain, err := url.PathUnescape(segment)
		if err != nil {
			plain = segment
		}
		segments[i] = url.PathEscape(replace(plain))
	}
	return strings.Join(segments, "/")
}

// query replaces the values of the options that are not about the form of the answer, with the question mark before it. The order of
// the options stays.
func (p *Pseudonyms) query(raw string, replace func(string) string) string {
	if raw == "" {
		return ""
	}
	parts := strings.Split(raw, "&")
	for i, part := range parts {
		name, value, _ := strings.Cut(part, "=")
		name, nameErr := url.QueryUnescape(name)
		value, valueErr := url.QueryUnescape(value)
		if err := cmp.Or(nameErr, valueErr); err != nil {
			parts[i] = "unreadable"
			continue
		}
		parts[i] = escapeQuery(publicName(name, replace)) + "=" + escapeQuery(p.option(name, value, replace))
	}
	return "?" + strings.Join(parts, "&")
}

// escapeQuery leaves $ and commas as they are, so that the options of OData can be read.
func escapeQuery(text string) string {
	return strings.NewReplacer("%24", "$", "%2C", ",").Replace(url.QueryEscape(text))
}

func (p *Pseudonyms) option(name, value string, replace func(string) string) string {
	switch {
	case name == "$filter":
		return replaceInFilter(value, replace)
	case publicOptions()[name] && publicOptionValue.MatchString(value):
		return value
	}
	return replace(value)
}

var filterToken = regexp.MustCompile(`'(?:[^']|'')*'?|[^\s(),']+`)

// replaceInFilter replaces the texts, the numbers and the unknown words of a filter (cloudradial.md §6).
func replaceInFilter(filter string, replace func(string) string) string {
	return filterToken.ReplaceAllStringFunc(filter, func(token string) string {
		if quoted, is := strings.CutPrefix(token, "'"); is {
			text := strings.ReplaceAll(strings.TrimSuffix(quoted, "'"), "''", "'")
			return "'" + strings.ReplaceAll(replace(text), "'", "''") + "'"
		}
		if publicFilterWords()[token] || publicFields()[token] {
			return token
		}
		return replace(token)
	})
}
