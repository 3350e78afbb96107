// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles

import (
	"fmt"
	"math/big"
	"regexp"
	"strings"
)

var (
	plainForm = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,9})?$`)
	// A quantity whose groups of three are separated by commas or by dots, and whose fraction begins with the other mark. No group follows a
	// zero alone: 0,125 is a fraction.
	commaGroups = regexp.MustCompile(`^-?[1-9]\d{0,2}(,\d{3})+(\.\d{1,9})?$`)
	dotGroups   = regexp.MustCompile(`^-?[1-9]\d{0,2}(\.\d{3})+(,\d{1,9})?$`)
	commaForm   = regexp.MustCompile(`^-?\d{1,15},\d{1,9}$`)
	oneGroup    = regexp.MustCompile(`^-?[1-9]\d{0,2}[.,]\d{3}$`)
	// spaceGroups is a number whose groups of three are separated by spaces or apostrophes. Other numbers with a space between them are two.
	spaceGroups = regexp.MustCompile(`^[1-9]\d{0,2}([ ']\d{3})+([.,]\d{1,9})?$`)
	// dressed is a number with what stands around it: the apostrophe that makes a spreadsheet keep a text, a sign, a currency sign.
	dressed = regexp.MustCompile(`^'?(-?) ?\p{Sc}? ?(-?)(\d[\d., ']*?) ?\p{Sc}?$`)
)

// bare returns a quantity without what people write around it and without spaces between thousands: only digits, a sign, dots and commas. It is
// empty for what is no quantity.
func bare(cell string) string {
	text := strings.Join(strings.Fields(strings.ReplaceAll(cell, "’", "'")), " ")
	parts := dressed.FindStringSubmatch(text)
	if parts == nil {
		return ""
	}
	number := parts[3]
	if spaceGroups.MatchString(number) {
		number = strings.NewReplacer(" ", "", "'", "").Replace(number)
	}
	return parts[1] + parts[2] + number
}

// hasDecimalComma reports whether a comma begins the fraction in a quantity, or a dot stands between its thousands, and nothing else can be meant.
func hasDecimalComma(cell string) bool {
	text := bare(cell)
	return !oneGroup.MatchString(text) && (commaForm.MatchString(text) || dotGroups.MatchString(text))
}

// parseQuantity reads a quantity as people write them: with white space, a currency sign, and marks between thousands. An empty one is
// unknown, nil. decimalDot says that in this file a comma stands between thousands and a dot begins the fraction. Otherwise what both could be
// true of is an error, because it is a factor of 1,000.
func parseQuantity(cell string, decimalDot bool) (*big.Rat, error) {
	if trim(cell) == "" {
		return nil, nil
	}
	text := bare(cell)
	if oneGroup.MatchString(text) && !decimalDot {
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
