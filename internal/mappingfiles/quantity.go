// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
	"unicode"
)

var (
	plainForm = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,9})?$`)
	// A quantity whose groups of three are separated by commas or by dots, and whose fraction begins with the other mark.
	commaGroups = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d{1,9})?$`)
	dotGroups   = regexp.MustCompile(`^-?\d{1,3}(\.\d{3})+(,\d{1,9})?$`)
	commaForm   = regexp.MustCompile(`^-?\d{1,15},\d{1,9}$`)
	oneGroup    = regexp.MustCompile(`^-?\d{1,3}[.,]\d{3}$`)
)

// parseQuantity reads a quantity as people write them: with white space, a currency sign, and marks between thousands. An empty one is
// unknown, nil. The separator of the cells tells the language of the spreadsheet: with commas between cells a comma in a quantity stands
// between thousands, with semicolons it begins a fraction. What both could be true of is an error, because it is a factor of 1,000.
func parseQuantity(cell string, comma rune) (*big.Rat, error) {
	text := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Sc, r) || r == '\'' || r == '’' {
			return -1
		}
		return r
	}, cell)
	if text == "" {
		return nil, nil
	}
	if oneGroup.MatchString(text) && comma != ',' {
		return nil, fmt.Errorf("%q could be a thousand or a fraction. Write it without a mark between thousands, or with all its decimals", cell)
	}
	switch {
	case plainForm.MatchString(text):
	case commaGroups.MatchString(text):
		text = strings.ReplaceAll(text, ",", "")
	case dotGroups.MatchString(text):
		text = strings.ReplaceAll(strings.ReplaceAll(text, ".", ""), ",", ".")
	case commaForm.MatchString(text):
		text = strings.ReplaceAll(text, ",", ".")
	default:
		text = ""
	}
	quantity, ok := new(big.Rat).SetString(text)
	if !ok {
		return nil, fmt.Errorf("%q is not a quantity such as 20, 1,020 or 1020.5", cell)
	}
	return quantity, nil
}
