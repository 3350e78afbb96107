// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package tfdiag

import (
	"fmt"
	"math/big"
	"strings"
)

// maxListed is how many texts List shows.
const maxListed = 10

// List returns one indented line for each of the first ten texts, and a line that counts the rest. A text is on one line whatever it has
// from outside, see [Line].
func List(texts []string) string {
	var lines strings.Builder
	for i, text := range texts {
		if i == maxListed {
			fmt.Fprintf(&lines, "  - and %d more\n", len(texts)-maxListed)
			break
		}
		fmt.Fprintf(&lines, "  - %s\n", Line(text))
	}
	return strings.TrimSuffix(lines.String(), "\n")
}

// Count returns the number with the noun in the singular or the plural: "1 account", "3 accounts".
func Count(n int, noun string) string {
	switch {
	case n == 1:
		return "1 " + noun
	case strings.HasSuffix(noun, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(noun, "y"))
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// NumberText returns a number of a configuration for a message. A number with hundreds of digits is not written out: math/big computes
// every digit before it rounds, which takes hours for 1e600000000.
func NumberText(number *big.Float) string {
	const maxExponent = 1024 // in binary digits
	if exponent := number.MantExp(nil); exponent > maxExponent || exponent < -maxExponent {
		return "a number with hundreds of digits"
	}
	return number.Text('g', 20)
}

// sentence turns the text of a Go error into a sentence.
func sentence(text string) string {
	text = strings.TrimSpace(text)
	if text == "" {
		return text
	}
	text = strings.ToUpper(text[:1]) + text[1:]
	if strings.ContainsAny(text[len(text)-1:], ".!?") {
		return text
	}
	return text + "."
}
