// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"slices"
	"strings"
	"unicode"
)

// name is a company name, and the forms of it that are compared.
type name struct {
	key, text string
	folded    string   // but for the case
	numbers   string   // all numbers, in order
	kinds     []string // of its legal forms
	spellings []spelling
}

// spelling is a name in one way to write its umlauts. All of it is folded.
type spelling struct {
	whole    string     // all words in one, legal forms too, without a "the"
	stem     string     // all words in one, without legal forms
	ordered  string     // the words, without legal forms and "&"
	sorted   string     // the words in alphabetical order
	expanded string     // the same, abbreviations written out
	words    []string   // those of ordered
	capitals []bool     // which of them are in capitals
	shorter  []initials // what it is called when some words become initials
}

// initials is a spelling.sorted in which words have become their first letters.
type initials struct{ sorted, letters string }

// abbreviations are the words that people shorten in company names.
var abbreviations = map[string]string{
	"assoc": "associates", "bros": "brothers", "gebr": "gebruder", "grp": "group", "hldgs": "holdings", "inst": "institute",
	"intl": "international", "mfg": "manufacturing", "mgmt": "management", "natl": "national", "svc": "service", "svcs": "services",
	"univ": "university",
}

func parse(key, text string) *name {
	n := &name{key: key, text: text, folded: foldCase(text)}
	words := withoutThe(split(text))
	n.numbers = numbers(words)
	if len(words) == 0 {
		return n
	}
	start, end, kinds := formless(words)
	n.kinds = kinds
	plain := spell(words, start, end, func(w word) string { return w.plain })
	n.spellings = []spelling{plain}
	if digraph := spell(words, start, end, func(w word) string { return w.digraph }); digraph.whole != plain.whole {
		n.spellings = append(n.spellings, digraph)
	}
	return n
}

// withoutThe drops a "the" at either end: "The Pine Gallery", "Pine Gallery, The".
func withoutThe(words []word) []word {
	if len(words) > 1 && words[0].plain == "the" {
		words = words[1:]
	}
	if last := len(words) - 1; last > 0 && words[last].plain == "the" {
		words = words[:last]
	}
	return words
}

func numbers(words []word) string {
	var all strings.Builder
	for _, w := range words {
		wasDigit := false
		for _, r := range w.plain {
			if isDigit := unicode.IsNumber(r); isDigit {
				all.WriteRune(r)
				wasDigit = true
			} else if wasDigit {
				all.WriteByte(' ')
				wasDigit = false
			}
		}
		if wasDigit {
			all.WriteByte(' ')
		}
	}
	return all.String()
}

func spell(words []word, start, end int, text func(word) string) spelling {
	var s spelling
	for i, w := range words {
		s.whole += text(w)
		if i < start || i >= end {
			continue
		}
		s.stem += text(w)
		if !w.isAnd() {
			s.words = append(s.words, text(w))
			s.capitals = append(s.capitals, w.capitals)
		}
	}
	expanded := slices.Clone(s.words)
	for i, w := range expanded {
		if long, ok := abbreviations[w]; ok {
			expanded[i] = long
		}
	}
	s.ordered = strings.Join(s.words, " ")
	s.sorted = sorted(s.words)
	s.expanded = sorted(expanded)
	s.shorter = shorter(s.words)
	return s
}

func sorted(words []string) string {
	return strings.Join(slices.Sorted(slices.Values(words)), " ")
}

// Two letters stand for too many words, and acronyms of more than six letters are rare. A text of more than mostWords words is not a
// name, and looking for its initials would be slow.
const (
	fewestInitials = 3
	mostInitials   = 6
	mostWords      = 16
)

// smallWords give an acronym no letter: Bank of Larch Valley is BLV.
var smallWords = []string{"d", "da", "de", "del", "den", "der", "des", "di", "die", "du", "el", "for", "fur", "la", "le", "les", "of", "the", "van", "von"}

// shorter returns the name with words in a row as an acronym, and with its first word as an initial.
func shorter(words []string) []initials {
	if len(words) > mostWords {
		return nil
	}
	var all []initials
	for start := range words {
		letters := ""
		count := 0
		for end := start; end < len(words) && count < mostInitials; end++ {
			if slices.Contains(smallWords, words[end]) {
				continue
			}
			letters += firstLetter(words[end])
			count++
			if count >= fewestInitials && !slices.Contains(words[start:end+1], letters) { // nothing stands for itself
				all = append(all, initials{replaced(words, start, end+1, letters), letters})
			}
		}
	}
	if len(words) > 1 {
		first := firstLetter(words[0])
		all = append(all, initials{replaced(words, 0, 1, first), first})
	}
	return all
}

func firstLetter(text string) string {
	for _, r := range text {
		return string(r)
	}
	return ""
}

func replaced(words []string, start, end int, by string) string {
	return sorted(slices.Concat(words[:start], []string{by}, words[end:]))
}

// hasInitials reports whether the letters stand in the name as initials do: one alone, or more in capitals.
func (s spelling) hasInitials(letters string) bool {
	for i, w := range s.words {
		if w == letters && (len(letters) == 1 || s.capitals[i]) {
			return true
		}
	}
	return false
}
