// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// word is one word of a name, folded. People write ü as ue or as u, so it has two spellings; mostly they are the same.
type word struct {
	plain    string // ü as u, ø as o, å as a
	digraph  string // ü as ue, ø as oe, å as aa
	capitals bool   // written in capitals, as an acronym is
	dotted   bool   // made of single letters: A. B., A/S
}

// isAnd reports whether the word is any "and".
func (w word) isAnd() bool { return w.plain == and }

const (
	and         = "&"
	apostrophes = "'’‘ʼ`′"
)

// ands are the words for "and" of the languages whose legal forms we know.
var ands = []string{"and", "und", "u", "et", "en", "og", "och", "ja", "y"}

var (
	// The acute accent by itself would become a space with an accent.
	acute   = strings.NewReplacer("´", "'")
	umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "å", "aa")

	// These letters are not made of another one and a mark.
	letters        = []string{"ß", "ss", "æ", "ae", "œ", "oe", "þ", "th", "ð", "d", "ł", "l", "đ", "d", "ı", "i"}
	plainLetters   = strings.NewReplacer(append(letters, "ø", "o")...)
	digraphLetters = strings.NewReplacer(append(letters, "ø", "oe")...)
)

// split cuts a name into its words: letters, digits and "&". All other characters are separators.
func split(text string) []word {
	text = norm.NFKC.String(acute.Replace(text))
	var words []word
	var current []rune
	flush := func() {
		if len(current) > 0 {
			words = append(words, fold(string(current)))
			current = nil
		}
	}
	for _, r := range text {
		switch {
		case strings.ContainsRune(apostrophes, r): // "Joe's" is "Joes"
		case unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r):
			current = append(current, r)
		case r == '&' || r == '+':
			flush()
			words = append(words, word{plain: and, digraph: and})
		case unicode.Is(unicode.Cf, r): // zero-width spaces and soft hyphens, which are invisible
		default:
			flush()
		}
	}
	flush()
	return joinLetters(markAnds(words))
}

// fold takes the case and the accents off a word.
func fold(text string) word {
	folded := norm.NFC.String(foldCase(text))
	return word{
		plain:    plainLetters.Replace(withoutAccents(folded)),
		digraph:  digraphLetters.Replace(withoutAccents(umlauts.Replace(folded))),
		capitals: text == strings.ToUpper(text),
	}
}

// foldCase makes texts equal that differ in case only. A caser keeps state, so each call has its own.
func foldCase(text string) string {
	return cases.Fold().String(text)
}

// withoutAccents takes the marks off Latin and Greek letters. Elsewhere a mark makes another letter: ガ is not カ.
func withoutAccents(text string) string {
	var plain strings.Builder
	onLetter := false
	for _, r := range norm.NFD.String(text) {
		if unicode.Is(unicode.Mn, r) && onLetter {
			continue
		}
		onLetter = unicode.In(r, unicode.Latin, unicode.Greek)
		plain.WriteRune(r)
	}
	return norm.NFC.String(plain.String())
}

// markAnds turns the words for "and" into "&". A single letter beside another one is an initial: "X Y Z Ltd".
func markAnds(words []word) []word {
	for i, w := range words {
		if i == 0 || i == len(words)-1 || !slices.Contains(ands, w.plain) {
			continue
		}
		if len(w.plain) > 1 || len(words[i-1].plain) > 1 && len(words[i+1].plain) > 1 {
			words[i] = word{plain: and, digraph: and}
		}
	}
	return words
}

// joinLetters makes one word of single letters in a row: "A. B. Tiling" is "AB Tiling", "G.m.b.H." is "GmbH".
func joinLetters(words []word) []word {
	var joined []word
	for i := 0; i < len(words); {
		end := i
		for end < len(words) && isSingleLetter(words[end].plain) {
			end++
		}
		if end-i < 2 {
			joined = append(joined, words[i])
			i++
			continue
		}
		one := word{capitals: true, dotted: true}
		for _, w := range words[i:end] {
			one.plain += w.plain
			one.digraph += w.digraph
			one.capitals = one.capitals && w.capitals
		}
		joined = append(joined, one)
		i = end
	}
	return joined
}

func isSingleLetter(text string) bool { return len(text) == 1 && text[0] >= 'a' && text[0] <= 'z' }
