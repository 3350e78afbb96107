// Copyright (c) The terraform-provider-cloudradial authors
// SPDX-License-Identifier: MPL-2.0

package mappingfiles

import (
	"encoding/binary"
	"maps"
	"math/big"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

const companiesCSV = "company_id,account_id,psa_account,tenant\n" +
	"101,alder-finch,Alder & Finch Architects,alderfinch.example\n" +
	"102,cafe,Café Nord,9b1f0a52-7c64-4d0e-9a37-5f2c8e6d1b90\n"

func TestCompaniesAsProgramsSaveThem(t *testing.T) {
	t.Parallel()
	for name, file := range map[string][]byte{
		"UTF-8":                          []byte(companiesCSV),
		"UTF-8 with a mark":              []byte("\ufeff" + companiesCSV),
		"UTF-16 with a mark":             asUTF16("\ufeff"+companiesCSV, binary.LittleEndian),
		"UTF-16, big end first":          asUTF16("\ufeff"+companiesCSV, binary.BigEndian),
		"UTF-16 without a mark":          asUTF16(companiesCSV, binary.LittleEndian),
		"Windows-1252":                   []byte(strings.ReplaceAll(companiesCSV, "é", "\xe9")),
		"semicolons":                     []byte(strings.ReplaceAll(companiesCSV, ",", ";")),
		"tabs and UTF-16":                asUTF16("\ufeff"+strings.ReplaceAll(companiesCSV, ",", "\t"), binary.LittleEndian),
		"Excel's sep line":               []byte("sep=;\r\n" + strings.ReplaceAll(companiesCSV, ",", ";")),
		"lines that end in CR":           []byte(strings.ReplaceAll(companiesCSV, "\n", "\r")),
		"lines that end in CR LF":        []byte(strings.ReplaceAll(companiesCSV, "\n", "\r\n")),
		"blank rows":                     []byte(companiesCSV + ",,,\n , ,\u00a0,\n\n"),
		"blanks at the ends":             []byte(strings.ReplaceAll(companiesCSV, ",", " ,\u00a0")),
		"another order, and notes":       []byte("Notes,Tenant,PSA Account,Account ID,Company-Id\n,alderfinch.example,Alder & Finch Architects,alder-finch,101\nnew,9b1f0a52-7c64-4d0e-9a37-5f2c8e6d1b90,Café Nord,cafe,102\n"),
		"synonyms, and cells in quotes":  []byte("CloudRadial ID,slug,Customer Name,\"Default Domain\"\n\"101\",alder-finch,\"Alder & Finch Architects\",alderfinch.example\n102,cafe,Café Nord,9b1f0a52-7c64-4d0e-9a37-5f2c8e6d1b90\n"),
		"a name in place of its synonym": []byte("name,company_id,account_id,psa_account,tenant\nx,101,alder-finch,Alder & Finch Architects,alderfinch.example\ny,102,cafe,Café Nord,9b1f0a52-7c64-4d0e-9a37-5f2c8e6d1b90\n"),
		"cells past the end of a row":    []byte(strings.ReplaceAll(companiesCSV, ".example\n", ".example,,\n")),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			companies, err := readCompanies(file)
			if err != nil {
				t.Fatal(err)
			}
			alder, cafe := companies["alder-finch"], companies["cafe"]
			if len(companies) != 2 || alder.CompanyID != 101 || alder.Name != "Alder & Finch Architects" || alder.Tenants["alder-finch"] != "alderfinch.example" ||
				cafe.CompanyID != 102 || cafe.Name != "Café Nord" || cafe.Tenants["cafe"] != "9b1f0a52-7c64-4d0e-9a37-5f2c8e6d1b90" {
				t.Errorf("%+v", companies)
			}
		})
	}
}

func asUTF16(text string, order binary.ByteOrder) []byte {
	var file []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		file = append(file, 0, 0)
		order.PutUint16(file[len(file)-2:], unit)
	}
	return file
}

func TestTenantsOfACompany(t *testing.T) {
	t.Parallel()
	companies, err := readCompanies([]byte("account_id;company_id;psa_account;tenant\n" +
		"group;1;Group;one.example  two.example, three.example\nnew;2;New;\nfarm;3;Farm;None\nodd;4;Odd;\"; four.example,\"\nnone;5;No;\" ; \"\n"))
	if err != nil {
		t.Fatal(err)
	}
	for account, want := range map[string]map[string]string{
		"group": {"group": "one.example", "group/two.example": "two.example", "group/three.example": "three.example"},
		"new":   {"new": ""},
		"farm":  {"farm": "none"},
		"odd":   {"odd": "four.example"},
		"none":  {"none": ""},
	} {
		if got := companies[account].Tenants; !maps.Equal(got, want) {
			t.Errorf("%s: %v, not %v", account, got, want)
		}
	}
}

func TestLicenses(t *testing.T) {
	t.Parallel()
	licenses, err := readLicenses([]byte("PSA Product,SKU,Basis\nPremium,SPB,\nE5,SPE_E5,assigned\nE5,06ebc4ee-1bb5-47dd-8120-11324bc54e06;SPE_E5_NOPSTNCONF,\n"))
	if err != nil {
		t.Fatal(err)
	}
	premium, e5 := licenses["Premium"], licenses["E5"]
	if len(licenses) != 2 || !slices.Equal(premium.SKUs, []string{"SPB"}) || premium.Basis != nil || e5.Basis == nil || *e5.Basis != "assigned" ||
		!slices.Equal(e5.SKUs, []string{"SPE_E5", "06ebc4ee-1bb5-47dd-8120-11324bc54e06", "SPE_E5_NOPSTNCONF"}) {
		t.Errorf("%+v", licenses)
	}
}

func TestPSACounts(t *testing.T) {
	t.Parallel()
	counts, err := readPSACounts([]byte("account_id,product,qty\na,E5,12\na,E5,\"1,008.00\"\na,Premium,$20\na,Premium,-2\nb,E5,\nb,E5,3\n,E5,7\nb,F3,0.1\nb,F3,0.2\n"))
	if err != nil {
		t.Fatal(err)
	}
	if n, _ := counts["a"]["E5"].Int64(); n != 1020 {
		t.Errorf("E5 of a: %v", counts["a"]["E5"])
	}
	if n, _ := counts["a"]["Premium"].Int64(); n != 18 {
		t.Errorf("Premium of a: %v", counts["a"]["Premium"])
	}
	if unknown, ok := counts["b"]["E5"]; !ok || unknown != nil {
		t.Errorf("E5 of b: %v, but one of its lines has no quantity", unknown)
	}
	if counts["b"]["F3"].Cmp(new(big.Float).SetPrec(512).SetRat(big.NewRat(3, 10))) != 0 || len(counts) != 2 {
		t.Errorf("%v", counts)
	}
}

func TestQuantities(t *testing.T) {
	t.Parallel()
	const ambiguous, wrong = "ambiguous", "wrong"
	for _, test := range []struct {
		cell  string
		comma rune
		want  string
	}{
		{"20", ',', "20"}, {" 20 ", ',', "20"}, {"1,020", ',', "1020"}, {"1,020.00", ',', "1020"}, {"20.000", ',', "20"}, {"1'020", ',', "1020"},
		{"1\u202f020", ',', "1020"}, {"€ 20", ',', "20"}, {"-3", ',', "-3"}, {"1,5", ',', "3/2"}, {"12,345,678", ',', "12345678"},
		{"1.020,50", ';', "2041/2"}, {"20,0", ';', "20"}, {"1.020.300", ';', "1020300"}, {"2.5", ';', "5/2"}, {"20,0000", '\t', "20"},
		{"1.020", ';', ambiguous}, {"1,020", '\t', ambiguous}, {"20.000", ';', ambiguous}, {"-1.020", ';', ambiguous}, {"$1,020", ';', ambiguous},
		{"0,125", ',', "1/8"}, {"0,125", ';', "1/8"}, {"0.125", ';', "1/8"}, {"-0,125", ',', "-1/8"}, {"00,125", ',', "1/8"}, {"'20", ',', "20"},
		{"20 €", ',', "20"}, {"-$3", ',', "-3"}, {"$-3", ',', "-3"}, {"1 020,5", ';', "2041/2"}, {"1’020.50", ',', "2041/2"}, {"1 020 300", ',', "1020300"},
		{"10 20", ',', wrong}, {"12\n15", ',', wrong}, {"1 2", ',', wrong}, {"1 0200", ',', wrong}, {"0 125", ',', wrong}, {"2€50", ',', wrong}, {"1,000 020", ',', wrong},
		{"1'02", ',', wrong}, {"$", ',', wrong}, {"-", ',', wrong}, {"$-$3", ',', wrong}, {"−3", ',', wrong}, {"٣", ',', wrong}, {"２０", ',', wrong}, {"=20", ',', wrong},
		{"x", ',', wrong}, {"1e3", ',', wrong}, {"20 %", ',', wrong}, {"(3)", ',', wrong}, {"1,02,0", ',', wrong}, {"--3", ',', wrong}, {"0x10", ',', wrong},
	} {
		got, err := parseQuantity(test.cell, test.comma == ',')
		switch {
		case err != nil && strings.Contains(err.Error(), "a thousand or a fraction"):
			if test.want != ambiguous {
				t.Errorf("%q: %s", test.cell, err)
			}
		case err != nil:
			if test.want != wrong {
				t.Errorf("%q: %s", test.cell, err)
			}
		default:
			if want, ok := new(big.Rat).SetString(test.want); !ok || got.Cmp(want) != 0 {
				t.Errorf("%q is %s, not %s", test.cell, got, test.want)
			}
		}
	}
}

func TestWhatIsWrongWithAFile(t *testing.T) {
	t.Parallel()
	companies := func(file []byte) error { _, err := readCompanies(file); return err }
	licenses := func(file []byte) error { _, err := readLicenses(file); return err }
	psa := func(file []byte) error { _, err := readPSACounts(file); return err }
	for name, test := range map[string]struct {
		read func([]byte) error
		file string
		want []string
	}{
		"all rows at once": {companies, "account_id,company_id,psa_account,tenant\nalder finch,101x,,https://alderfinch.example/x\n" +
			"b,102,B,b.example\n\nB,0,B2,B.example\nc,103,C,admin@c.example\n..,104,D,d\n", []string{
			`line 2, column account_id: "alder finch" has other characters than letters, digits, dots, underscores and hyphens`,
			`line 2, column company_id: "101x" is not the id of a CloudRadial company`,
			"line 2, column psa_account: the cell is empty",
			`line 2, column tenant: "https://alderfinch.example/x" is not a tenant`, "(here: alderfinch.example)",
			`line 5, column account_id: "B" is in line 3, too`,
			`line 5, column company_id: "0" is not the id`,
			`line 5, column tenant: "B.example" is in line 3, too`,
			"(here: c.example)",
			`line 7, column account_id: ".." has other`, `line 7, column tenant: "d" is not a tenant`,
		}},
		"a missing column": {companies, "account;compny_id;psa account;tenant\n", []string{
			`the header lacks company_id (is it "compny_id"?)`, `It has, separated by ';': "account", "compny_id", "psa account", "tenant"`}},
		"two columns for one": {companies, "account_id,company_id,customer,client name,tenant\n", []string{
			`the columns "customer" and "client name" could both be psa_account. Name one of them psa_account`}},
		"an empty file":        {licenses, "", []string{"the file is empty. Its first line must be the header: service,sku"}},
		"a workbook":           {licenses, "PK\x03\x04...", []string{"not a text file", "CSV"}},
		"other binary":         {licenses, "a,b\n\x00\x01\x02", []string{"not a text file"}},
		"two encodings":        {licenses, "service,sku\nCaf\xe9,SPE_E5\nBüro,SPB\n", []string{"some of its letters are in UTF-8 and some in Windows-1252"}},
		"a mark, and Latin 1":  {licenses, "\ufeffservice,sku\nCaf\xe9,SPE_E5\n", []string{"some of its letters are in UTF-8 and some in Windows-1252"}},
		"a stray quote":        {licenses, "sep=,\nservice,sku\nThe \"E5\" plan,SPE_E5\n", []string{"line 3: a double quote is missing or misplaced"}},
		"a comma in a name":    {licenses, "service,sku\nE5, annual,SPE_E5\n", []string{"line 2 has 3 cells, but the header has 2", "double quotes"}},
		"a comma in a number":  {psa, "account_id,service,quantity,notes\na,E5,20,\na,E3,1,020,\n", []string{"line 3 has 5 cells, but the header has 4", "double quotes"}},
		"a SKU twice":          {licenses, "service,sku\nE5,SPE_E5\nE3,spe_e5\n", []string{`line 3, column sku: "spe_e5" is in line 2, too`}},
		"a basis":              {licenses, "service,sku,basis\nE5,SPE_E5,bought\n", []string{`line 2, column basis: "bought" is none of purchased, active`}},
		"two bases":            {licenses, "service,sku,basis\nE5,SPE_E5,active\nE5,SPB,assigned\n", []string{`line 3, column basis: "assigned" is not "active"`}},
		"a quantity, no names": {psa, "account_id,service,quantity\na,,2\na,E5,many\n", []string{"line 2, column service: the cell is empty", `line 3, column quantity: "many" is not a quantity`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := test.read([]byte(test.file))
			if err == nil {
				t.Fatal("no error")
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("it lacks %q:\n%s", want, err)
				}
			}
		})
	}
}

// A quantity that is written with a decimal comma makes those ambiguous that could be thousands, although commas separate the cells.
func TestQuantitiesOfTwoLanguages(t *testing.T) {
	t.Parallel()
	const header = "account_id,service,quantity\na,E5,1.020\n"
	if counts, err := readPSACounts([]byte("account_id,service,quantity\na,E5,20,\na,E5,5,\nb,E5,7,\n")); err != nil || counts["a"]["E5"].String() != "25" {
		t.Errorf("rows that all end in a comma: %v, %v", counts, err)
	}
	for rest, ambiguous := range map[string]bool{
		"a,E3,12.5\n": false, "a,E3,\"1,020\"\n": false, "a,E3,\n": false, "a,E3,1.020.300\n": true, "a,E3,\"12,5\"\n": true, "a,E3,\"1.020,50\"\n": true,
	} {
		counts, err := readPSACounts([]byte(header + rest))
		switch {
		case ambiguous && (err == nil || !strings.Contains(err.Error(), `line 2, column quantity: "1.020" could be a thousand or a fraction`)):
			t.Errorf("%q: %v, %v", rest, counts, err)
		case !ambiguous && (err != nil || counts["a"]["E5"].String() != "1.02"):
			t.Errorf("%q: %v, %v", rest, counts, err)
		}
	}
}

// Part numbers of Microsoft's own table have spaces. A part of one would count nothing.
func TestPartNumbersWithSpaces(t *testing.T) {
	t.Parallel()
	const premium, m3 = "Microsoft_365_ Business_ Premium_(no Teams)", "O365_w/o Teams Bundle_M3_(500_seats_min)_HUB"
	for cell, want := range map[string][]string{
		premium: {premium}, strings.ToLower(premium): {strings.ToLower(premium)}, "SPB " + premium: {"SPB", premium}, premium + ",SPE_E5 SPE_E3": {premium, "SPE_E5", "SPE_E3"},
		m3: {m3}, "SPE_E5 SPE_E3/05e9a617-0261-4cee-bb44-138d3ef5d965": {"SPE_E5", "SPE_E3/05e9a617-0261-4cee-bb44-138d3ef5d965"},
		"NEW_SKU OTHER|; SPB": {"NEW_SKU", "OTHER", "SPB"}, "; SPE_E5": {"SPE_E5"}, "SPE_E5;\nSPB": {"SPE_E5", "SPB"},
	} {
		licenses, err := readLicenses([]byte("service\tsku\nX\t\"" + cell + "\"\n"))
		if err != nil || !slices.Equal(licenses["X"].SKUs, want) {
			t.Errorf("%q: %q, %v, not %q", cell, licenses["X"].SKUs, err, want)
		}
	}
	if _, err := readLicenses([]byte("service,sku\nX,;\n")); err == nil || !strings.Contains(err.Error(), `";" has no SKU`) {
		t.Error(err)
	}
}

// Terraform would keep one of two keys that are the same in Unicode NFC, and the units of the other would be lost.
func TestNamesOfTwoForms(t *testing.T) {
	t.Parallel()
	const composed, decomposed = "Café E5", "Cafe\u0301 E5"
	counts, err := readPSACounts([]byte("account_id,service,quantity\na," + composed + ",2\na," + decomposed + ",3\n"))
	if err != nil || len(counts["a"]) != 1 || counts["a"][composed].String() != "5" {
		t.Errorf("%v, %v", counts, err)
	}
	licenses, err := readLicenses([]byte("service,sku\n" + composed + ",SPE_E5\n" + decomposed + ",SPB\n"))
	if err != nil || len(licenses) != 1 || !slices.Equal(licenses[composed].SKUs, []string{"SPE_E5", "SPB"}) {
		t.Errorf("%v, %v", licenses, err)
	}
}

// Whatever is in a file, the answer is rows or an error, and each row counts.
func FuzzReadFiles(f *testing.F) {
	f.Add([]byte(companiesCSV))
	f.Add(asUTF16("\ufeffservice\tsku\nE5\tSPE_E5\n", binary.LittleEndian))
	f.Add([]byte("account_id;service;quantity\na;E5;1.020,5\n"))
	f.Add([]byte("sep=;\nservice;sku\n\"E\"\"5\";SPE_E5\n"))
	f.Fuzz(func(t *testing.T, file []byte) {
		if companies, err := readCompanies(file); err == nil {
			for id, c := range companies {
				if id == "" || id != c.AccountID || c.CompanyID < 1 || c.Name == "" || len(c.Tenants) == 0 {
					t.Errorf("%q: %+v", id, c)
				}
			}
		}
		if licenses, err := readLicenses(file); err == nil {
			for service, l := range licenses {
				if service == "" || len(l.SKUs) == 0 || slices.Contains(l.SKUs, "") {
					t.Errorf("%q: %+v", service, l)
				}
			}
		}
		_, _ = readPSACounts(file)
	})
}

// A company that shares a tenant names the other one's account and its own domains. Domains elsewhere are notes.
func TestCompaniesThatShareATenant(t *testing.T) {
	t.Parallel()
	companies, err := readCompanies([]byte("company_id,account_id,psa_account,tenant,domains\n" +
		"1,marine,Harbor Marine,harbor,harbormarine.example\n" +
		"2,retail,Harbor Retail,harbor,harborretail.example;harbor-shop.example\n" +
		"3,harbor,Harbor Group,harborgroup.example,harborgroup.example\n" +
		"4,acme.example,Acme,acme.example,acme.example\n"))
	if err != nil {
		t.Fatal(err)
	}
	marine, retail := companies["marine"], companies["retail"]
	if marine.SharedTenant == nil || *marine.SharedTenant != "harbor" || len(marine.Tenants) != 0 || !slices.Equal(marine.Domains, []string{"harbormarine.example"}) ||
		!slices.Equal(retail.Domains, []string{"harborretail.example", "harbor-shop.example"}) {
		t.Errorf("%+v", companies)
	}
	for _, id := range []string{"harbor", "acme.example"} {
		if own := companies[id]; own.SharedTenant != nil || own.Domains != nil || len(own.Tenants) != 1 {
			t.Errorf("%+v", own)
		}
	}
	_, err = readCompanies([]byte("company_id,account_id,psa_account,tenant,domains\n" +
		"1,marine,Harbor Marine,harbor,harbormarine.example\n" +
		"2,retail,Harbor Retail,harbor,HarborMarine.example pat@harborretail.example\n" +
		"3,harbor,Harbor Group,none,\n" +
		"4,shop,Harbor Shop,harbor,\n"))
	for _, text := range []string{
		`line 2, column tenant: the company "harbor" has no tenant of its own that could be shared, but "none"`,
		`line 3, column domains: "HarborMarine.example" is in line 2, too`,
		`line 3, column domains: "pat@harborretail.example" is not a domain, such as harbormarine.example (here: harborretail.example)`,
		`line 5, column tenant: "harbor" is not a tenant`,
	} {
		if err == nil || !strings.Contains(err.Error(), text) {
			t.Errorf("%v\nlacks %s", err, text)
		}
	}
}
