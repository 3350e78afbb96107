// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

// Package mappingfiles holds the functions companies_from_csv, licenses_from_csv and psa_counts_from_csv: they read mapping files and PSA
// exports as spreadsheets save them, and say what is wrong with which row, column and value, all rows at once.
//
// text.go finds the encoding, table.go the separator and the columns; companies.go, licenses.go and psa_counts.go hold what a row of
// each file means, and functions.go shows it to Terraform.
package mappingfiles

import (
	"bytes"
	"encoding/binary"
	"errors"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	textunicode "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/unicode/norm"
)

var (
	errNoText = errors.New("this is not a text file. Save the spreadsheet as CSV (comma delimited) or CSV UTF-8, not as .xlsx or .ods")
	errMixed  = errors.New("some of its letters are in UTF-8 and some in Windows-1252, as when one file is added to another one. Save it as CSV UTF-8, and check the letters " +
		"with accents")
)

// decodeText returns the text of a file in UTF-8 or UTF-16, with or without a byte-order mark, or in Windows-1252, which is what older
// programs write. Windows-1252 gives every byte a meaning, so it is what is left when the bytes are none of the others. A mixture is an error, because
// its letters would be others than in the PSA.
func decodeText(file []byte) (string, error) {
	var text []byte
	var err error
	switch {
	case bytes.HasPrefix(file, []byte("PK\x03\x04")), bytes.HasPrefix(file, []byte("\xd0\xcf\x11\xe0")): // .xlsx and .ods; .xls
		return "", errNoText
	case isUTF16(file):
		text, err = textunicode.UTF16(endianness(file), textunicode.UseBOM).NewDecoder().Bytes(file)
	case utf8.Valid(file):
		text = bytes.TrimPrefix(file, []byte("\ufeff"))
	case bytes.HasPrefix(file, []byte("\ufeff")), utf8Letter.Match(file):
		return "", errMixed
	default:
		text, err = charmap.Windows1252.NewDecoder().Bytes(file)
	}
	if err != nil || bytes.ContainsRune(text, 0) {
		return "", errNoText
	}
	// Terraform keeps every string in this form, and of two keys of a map that become the same it would keep one.
	return norm.NFC.String(string(text)), nil
}

// utf8Letter is a letter with an accent in UTF-8. In Windows-1252 it would be an Ã before a sign such as © or ¼, which no language writes.
var utf8Letter = regexp.MustCompile(`[À-ÿ]`)

// isUTF16 reports whether the bytes begin with a byte-order mark of UTF-16, or have a zero beside the first character, which is ASCII in
// every file that has a header.
func isUTF16(file []byte) bool {
	if len(file) < 2 || len(file)%2 != 0 {
		return false
	}
	mark := binary.BigEndian.Uint16(file)
	return mark == 0xfeff || mark == 0xfffe || (file[0] == 0) != (file[1] == 0)
}

// endianness returns the byte order of UTF-16 without a mark.
func endianness(file []byte) textunicode.Endianness {
	if file[0] == 0 {
		return textunicode.BigEndian
	}
	return textunicode.LittleEndian
}

// trim removes white space of any kind at both ends, and characters that nobody sees.
func trim(cell string) string {
	return strings.TrimFunc(cell, func(r rune) bool { return unicode.IsSpace(r) || unicode.In(r, unicode.Cf, unicode.Cc) })
}
