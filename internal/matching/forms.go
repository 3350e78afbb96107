// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package matching

import (
	"slices"
	"strings"
)

// legalForms are the ways to write a legal form, folded and with "&" for any "and", each with its kind. Forms of one kind
// may name one legal person; two kinds never do. A company with a single shareholder is of the kind of the others: SLU and SL.
var legalForms = map[string]string{
	// English
	"inc": "inc", "incorporated": "inc",
	"corp": "corp", "corporation": "corp",
	"co": company, "company": company,
	"ltd": "ltd", "limited": "ltd", "ltee": "ltd",
	"plc": "plc", "public limited company": "plc",
	"llc": "llc", "limited liability company": "llc", "limited liability co": "llc",
	"lp": "lp", "limited partnership": "lp",
	"llp": "llp", "limited liability partnership": "llp",
	"lllp": "lllp",
	"pllc": "pllc", "professional limited liability company": "pllc",
	"pc": "pc", "professional corporation": "pc",
	"pa": "pa", "professional association": "pa",
	"pty": "pty ltd", "pty ltd": "pty ltd", "pty limited": "pty ltd", "proprietary limited": "pty ltd",
	"pvt ltd": "pvt ltd", "pvt limited": "pvt ltd", "private limited": "pvt ltd",
	"pte": "pte ltd", "pte ltd": "pte ltd", "pte limited": "pte ltd",
	"cic": "cic", "community interest company": "cic",
	"dac": "dac", "designated activity company": "dac",
	"clg": "clg", "company limited by guarantee": "clg",
	"ulc": "ulc", "unlimited company": "ulc",
	// German
	"gmbh": "gmbh", "mbh": "gmbh", "ges mbh": "gmbh", "gesmbh": "gmbh", "gesellschaft mbh": "gmbh",
	"gesellschaft mit beschrankter haftung": "gmbh",
	"ggmbh":                                 "ggmbh", "gemeinnutzige gmbh": "ggmbh",
	"ag": "ag", "aktiengesellschaft": "ag",
	"kg": "kg", "kommanditgesellschaft": "kg",
	"kgaa": "kgaa", "kommanditgesellschaft auf aktien": "kgaa",
	"ohg": "ohg", "offene handelsgesellschaft": "ohg", "og": "og", "offene gesellschaft": "og",
	"ug": "ug", "ug haftungsbeschrankt": "ug", "unternehmergesellschaft": "ug", "unternehmergesellschaft haftungsbeschrankt": "ug",
	"ek": "ek", "ekfm": "ek", "ekfr": "ek", "eu": "ek", "eingetragener kaufmann": "ek", "eingetragene kauffrau": "ek",
	"gbr": "gbr", "gesbr": "gbr", "gesellschaft burgerlichen rechts": "gbr",
	"ev": "ev", "eingetragener verein": "ev",
	"eg": "eg", "eingetragene genossenschaft": "eg",
	"partg": "partg", "partg mbb": "partg mbb", "partgmbb": "partg mbb",
	"se":        "se",
	"gmbh & co": "gmbh & co kg", "gmbh & co kg": "gmbh & co kg", "gmbh co kg": "gmbh & co kg",
	"gmbh & co kommanditgesellschaft": "gmbh & co kg", "mbh & co kg": "gmbh & co kg", "ges mbh & co kg": "gmbh & co kg",
	"gmbh & co kgaa": "gmbh & co kgaa", "gmbh & co ohg": "gmbh & co ohg",
	"ag & co kg": "ag & co kg", "ag & co kgaa": "ag & co kgaa", "ag & co ohg": "ag & co ohg",
	"se & co kg": "se & co kg", "se & co kgaa": "se & co kgaa",
	"ug & co kg": "ug & co kg", "ug haftungsbeschrankt & co kg": "ug & co kg",
	"ltd & co kg": "ltd & co kg", "limited & co kg": "ltd & co kg",
	// French, of Belgium, Luxembourg and Switzerland too
	"sa": "sa", "societe anonyme": "sa",
	"sas": "sas", "sasu": "sas", "societe par actions simplifiee": "sas",
	"sarl": "sarl", "societe a responsabilite limitee": "sarl",
	"eurl": "eurl", "snc": "snc", "societe en nom collectif": "snc",
	"sci": "sci", "societe civile immobiliere": "sci",
	"scs": "scs", "sca": "sca", "scop": "scop", "selarl": "selarl", "selas": "selas",
	"sprl": "sprl", "srl": "srl", "asbl": "asbl",
	// Dutch
	"bv": "bv", "besloten vennootschap": "bv",
	"nv": "nv", "naamloze vennootschap": "nv",
	"vof": "vof", "vennootschap onder firma": "vof",
	"cv": "cv", "commanditaire vennootschap": "cv",
	"bvba": "bvba", "vzw": "vzw",
	// Nordic
	"ab": "ab", "aktiebolag": "ab", "aktiebolaget": "ab", "ab publ": "ab",
	"hb": "hb", "handelsbolag": "hb", "kb": "kb", "kommanditbolag": "kb",
	"as": "as", "aksjeselskap": "as", "aktieselskab": "as",
	"asa": "asa", "allmennaksjeselskap": "asa",
	"aps": "aps", "anpartsselskab": "aps",
	"ans": "ans", "ks": "ks", "amba": "amba", "ivs": "ivs", "enk": "enk",
	"oy": "oy", "osakeyhtio": "oy", "oy ab": "oy", "ab oy": "oy",
	"oyj": "oyj", "oyj abp": "oyj", "abp": "oyj", "julkinen osakeyhtio": "oyj",
	"ky": "ky", "kommandiittiyhtio": "ky", "tmi": "tmi", "toiminimi": "tmi",
	"ehf": "ehf", "hf": "hf",
	// Spanish, of Latin America too
	"sl": "sl", "slu": "sl", "sociedad limitada": "sl", "sociedad limitada unipersonal": "sl",
	"sau": "sa", "sociedad anonima": "sa", "sociedad anonima unipersonal": "sa",
	"sll": "sll", "slp": "slp", "slne": "slne",
	"sa de cv": "sa de cv", "sociedad anonima de capital variable": "sa de cv",
	"sab de cv": "sab de cv", "sapi de cv": "sapi de cv",
	"s de rl": "s de rl", "s de rl de cv": "s de rl de cv", "srl de cv": "s de rl de cv",
	"ltda": "ltda", "limitada": "ltda", "eirl": "eirl", "s coop": "s coop", "sc": "sc", "s en c": "s en c",
}

// company is a word of many names more than a legal form: "Co., Ltd." is a limited company like any other.
const company = "co"

// longestForm is the number of words of the longest legal form.
var longestForm = func() int {
	longest := 0
	for form := range legalForms {
		longest = max(longest, strings.Count(form, " ")+1)
	}
	return longest
}()

// leadingForms are the legal forms that also stand before the name: "SARL Dupont", "AB Ljusne", "Oy Ranta Ab".
var leadingForms = []string{"ab", "as", "bv", "eurl", "nv", "oy", "sa", "sarl", "sas", "sasu", "sci", "selarl", "snc"}

// formless returns where the name without its legal forms starts and ends, and the kinds of these forms.
func formless(words []word) (start, end int, kinds []string) {
	end = len(words)
	for {
		length, kind := formBefore(words[:end])
		if length == 0 || length == end {
			break
		}
		end -= length
		kinds = append(kinds, kind)
	}
	// "A. B." in "A. B. Tiling" are initials, "AB" in "AB Tiling" may be a legal form.
	if first := words[0]; end > 1 && !words[1].isAnd() && !first.dotted && slices.Contains(leadingForms, first.plain) {
		start = 1
		kinds = append(kinds, legalForms[first.plain])
	}
	return start, end, oneKind(kinds)
}

// formBefore returns the longest legal form at the end of the words. The one of "Smith & Co" belongs to the name.
func formBefore(words []word) (length int, kind string) {
	for length = min(longestForm, len(words)); length > 0; length-- {
		start := len(words) - length
		kind, ok := legalForms[phrase(words[start:])]
		if ok && (start == 0 || !words[start-1].isAnd()) {
			return length, kind
		}
	}
	return 0, ""
}

func phrase(words []word) string {
	plain := make([]string, len(words))
	for i, w := range words {
		plain[i] = w.plain
	}
	return strings.Join(plain, " ")
}

// oneKind drops what a second form says no better: the "Co." of "Co., Ltd." and the Swedish half of "Oy … Ab".
func oneKind(kinds []string) []string {
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	if len(kinds) > 1 {
		kinds = slices.DeleteFunc(kinds, func(kind string) bool { return kind == company })
	}
	if slices.Contains(kinds, "oy") {
		kinds = slices.DeleteFunc(kinds, func(kind string) bool { return kind == "ab" })
	}
	return kinds
}
