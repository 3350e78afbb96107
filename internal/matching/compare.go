// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Reason says in what two names differ that are likely the same.
type Reason string

// The reasons, from the least difference to the most.
const (
	ReasonExact        Reason = "exact"         // in nothing
	ReasonCase         Reason = "case"          // upper and lower case
	ReasonPunctuation  Reason = "punctuation"   // marks, spaces, accents, "&" for "and", a leading "The"
	ReasonLegalForm    Reason = "legal form"    // one has none, or they are written differently
	ReasonWordOrder    Reason = "word order"    // and no more than the above
	ReasonInitials     Reason = "initials"      // words are initials, an acronym or a common abbreviation in one
	ReasonEditDistance Reason = "edit distance" // one slip of the keyboard in a long word
)

// tier ranks relations. Within a tier none is better than another, whatever the scores: that would be guessing.
type tier int

const (
	same      tier = iota // character for character
	sameName              // the same words and the same legal form
	alike                 // likely the same company
	contrary              // the same words and another legal form: another legal person
	unrelated             // none of these
)

// relation is what two names have to do with each other.
type relation struct {
	tier   tier
	score  float64 // 1 for the same, 0 for unrelated
	reason Reason
}

// compare never calls names alike if one has a word that the other lacks, unless it is a legal form.
func compare(left, right *name) relation {
	switch {
	case left.text == right.text:
		return relation{same, 1, ReasonExact}
	case left.folded == right.folded:
		return relation{sameName, 0.99, ReasonCase}
	case left.numbers != right.numbers:
		return relation{tier: unrelated}
	}
	best := relation{tier: unrelated}
	for _, l := range left.spellings {
		for _, r := range right.spellings {
			if found := compareSpellings(l, r, slices.Equal(left.kinds, right.kinds)); found.score > best.score {
				best = found
			}
		}
	}
	contradict := len(left.kinds) > 0 && len(right.kinds) > 0 && !slices.Equal(left.kinds, right.kinds)
	if !contradict || best.tier == unrelated || best.reason == ReasonPunctuation {
		return best
	}
	if best.reason == ReasonInitials || best.reason == ReasonEditDistance {
		return relation{tier: unrelated}
	}
	return relation{contrary, 0.5, ReasonLegalForm}
}

func compareSpellings(l, r spelling, sameForm bool) relation {
	switch {
	case l.whole == r.whole:
		return relation{sameName, 0.97, ReasonPunctuation}
	case l.stem == r.stem && sameForm:
		return relation{sameName, 0.96, ReasonLegalForm}
	case l.ordered == r.ordered && sameForm:
		return relation{sameName, 0.96, ReasonPunctuation}
	case l.stem == r.stem || l.ordered == r.ordered:
		return relation{alike, 0.94, ReasonLegalForm}
	case l.sorted == r.sorted:
		return relation{alike, 0.9, ReasonWordOrder}
	case l.expanded == r.expanded:
		return relation{alike, 0.88, ReasonInitials}
	case shortened(l, r) || shortened(r, l):
		return relation{alike, 0.8, ReasonInitials}
	case isTypo(l, r):
		likeness := 1 - 1/float64(utf8.RuneCountInString(l.sorted))
		return relation{alike, math.Round(90*likeness) / 100, ReasonEditDistance}
	}
	return relation{tier: unrelated}
}

// shortened reports whether short is long with words as initials.
func shortened(long, short spelling) bool {
	return slices.ContainsFunc(long.shorter, func(i initials) bool {
		return i.sorted == short.sorted && short.hasInitials(i.letters)
	})
}

// isTypo reports whether one word differs by a slip of the keyboard, and all others are the same.
func isTypo(l, r spelling) bool {
	if len(l.words) != len(r.words) || len(l.words) > mostWords {
		return false
	}
	left, right := without(l.words, r.words), without(r.words, l.words)
	return len(left) == 1 && len(right) == 1 && isSlip(left[0], right[0], len(l.words) == 1)
}

// without returns the words that are not among the others, each as often as it is too many.
func without(words, others []string) []string {
	rest := slices.Clone(others)
	var more []string
	for _, w := range words {
		if i := slices.Index(rest, w); i >= 0 {
			rest = slices.Delete(rest, i, i+1)
		} else {
			more = append(more, w)
		}
	}
	return more
}

// How long a word must be, in letters, for a slip to be likelier than another word. Short words that differ by a letter
// are words of their own, surnames above all (Hansen and Jansen, Thomson and Thompson).
const (
	longestWord  = 60 // more is no word
	longWord     = 9  // for any slip, and for all of a name
	doubledWord  = 7  // for a doubled letter or two swapped ones, beside words that are the same
	swappedWord  = 6
	vowelLetters = "aeiouy"
)

// isSlip reports whether two words are one, but for a letter that is swapped with the next, missing or wrong.
func isSlip(a, b string, alone bool) bool {
	l, r := []rune(a), []rune(b)
	if len(l) > len(r) {
		l, r = r, l
	}
	if len(r)-len(l) > 1 || len(r) > longestWord || l[0] != r[0] || !hasAlphabet(l) || !hasAlphabet(r) {
		return false
	}
	i := 0
	for i < len(l) && l[i] == r[i] {
		i++
	}
	length := len(r)
	switch {
	case len(l) < len(r):
		if !slices.Equal(l[i:], r[i+1:]) {
			return false
		}
		doubled := r[i] == r[i-1]
		return length >= longWord || doubled && length >= doubledWord && !alone
	case i+1 < len(l) && l[i] == r[i+1] && l[i+1] == r[i] && slices.Equal(l[i+2:], r[i+2:]):
		return length >= longWord || length >= swappedWord && !alone
	case i < len(l) && slices.Equal(l[i+1:], r[i+1:]):
		// Anderson and Andersen, Frankfurt and Frankfort: another vowel is another name.
		bothVowels := strings.ContainsRune(vowelLetters, l[i]) && strings.ContainsRune(vowelLetters, r[i])
		return length >= longWord && !bothVowels
	}
	return false
}

// hasAlphabet reports whether the word is written letter by letter: where a sign is a syllable or a word, another sign is
// another name.
func hasAlphabet(text []rune) bool {
	for _, r := range text {
		if !unicode.In(r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
			return false
		}
	}
	return true
}
